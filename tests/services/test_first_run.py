"""What a start makes ready: groups get what a version brought, and keep what a person decided."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission

from promo.models import Grant
from promo.services import first_run

pytestmark = pytest.mark.django_db

remember = import_module("promo.migrations.0015_openings_counting_grants").remember


def names(group: Group) -> set[str]:
    ours = group.permissions.filter(content_type__app_label="promo")
    return set(ours.values_list("codename", flat=True))


def approvers() -> Group:
    return Group.objects.get(name=first_run.APPROVERS)


def older() -> Group:
    """The approvers as the version before segments made them, and as it left no memory of it."""
    first_run.prepare()
    group = approvers()
    later = Permission.objects.filter(
        content_type__model__in=["segment", "bulkact", "readerexport"]
    )
    group.permissions.remove(*later)
    Grant.objects.all().delete()
    return group


def test_a_group_of_an_older_version_gets_what_came_later() -> None:
    group = older()
    assert "add_segment" not in names(group)
    remember(apps, None)
    first_run.prepare()
    assert {"add_segment", "change_segment", "delete_segment", "view_segment"} <= names(group)
    assert {"add_readerexport", "add_bulkact"} & names(group)


def test_what_was_taken_from_an_older_group_by_hand_stays_away() -> None:
    group = older()
    group.permissions.remove(Permission.objects.get(codename="delete_subscriber"))
    group.permissions.add(Permission.objects.get(codename="view_segment"))
    remember(apps, None)
    first_run.prepare()
    assert "delete_subscriber" not in names(group)
    assert "add_segment" not in names(group), "a person has decided about segments already"


def test_nothing_is_given_twice_and_nothing_taken_back() -> None:
    first_run.prepare()
    group = approvers()
    strange = Permission.objects.get(codename="view_attempt")
    group.permissions.add(strange)
    group.permissions.remove(Permission.objects.get(codename="delete_item"))
    before = names(group)
    first_run.prepare()
    assert names(group) == before
    assert strange.codename in before


def test_a_new_permission_reaches_a_group_once() -> None:
    first_run.prepare()
    group, new = approvers(), Permission.objects.get(codename="change_timetable")
    group.grants.get(permission="promo.change_timetable").delete()  # as if no version had it yet
    group.permissions.remove(new)
    first_run.prepare()
    assert new.codename in names(group)
    group.permissions.remove(new)
    first_run.prepare()
    assert new.codename not in names(group)


def test_a_group_that_was_deleted_is_made_whole_again() -> None:
    first_run.prepare()
    whole = names(approvers())
    approvers().delete()
    first_run.prepare()
    assert names(approvers()) == whole
