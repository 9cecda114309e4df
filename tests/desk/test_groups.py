"""The groups' editor speaks of what people meet at the desk, in their language."""

from __future__ import annotations

import re

from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from promo.services import first_run
from tests.desk.scenes import Scene

LABEL = re.compile(r"<label[^>]*>(?:<[^>]*>|\s)*([^<]*)")


def _editor_of_approvers() -> str:
    client = Client()
    client.force_login(User.objects.get(username="anna"))
    group = Group.objects.get(name=first_run.APPROVERS)
    return client.get(f"/desk/groups/edit/{group.pk}/").content.decode()


def test_groups_editor_offers_no_machinery(scene: Scene) -> None:
    offered = {
        int(pk) for pk in re.findall(r'name="permissions" value="(\d+)"', _editor_of_approvers())
    }
    rows = Permission.objects.filter(pk__in=offered, content_type__app_label="promo")
    models = set(rows.values_list("content_type__model", flat=True))
    assert {"item", "campaign", "subscriber", "institution"} <= models
    assert models.isdisjoint({"heartbeat", "photorendition", "attempt", "delivery", "approval"})


def test_groups_editor_names_no_box_as_the_database_does(scene: Scene) -> None:
    named = LABEL.findall(_editor_of_approvers())
    assert "Filia: Dodaj" in named
    assert [name for name in named if re.match(r"Can (add|change|delete|view|publish)", name)] == []


def test_groups_keep_what_the_editor_does_not_offer(scene: Scene) -> None:
    group = Group.objects.get(name=first_run.APPROVERS)
    hidden = Permission.objects.filter(content_type__model="attempt")[0]
    group.permissions.add(hidden)
    client = Client()
    client.force_login(User.objects.get(username="anna"))
    form = client.get(f"/desk/groups/edit/{group.pk}/").context["form"]
    assert hidden.pk not in {row.pk for row in form.fields["permissions"].queryset}
    saved = type(form)({"name": group.name, "permissions": []}, instance=group)
    assert saved.is_valid(), saved.errors
    saved.save()
    assert list(group.permissions.filter(content_type__app_label="promo")) == [hidden]
