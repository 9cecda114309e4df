"""What a person approves before it may leave: drafts, revisions, a workflow, previews."""

from typing import Any, ClassVar

from django.contrib.contenttypes.fields import GenericRelation
from django.db import transaction
from django.utils.translation import gettext
from wagtail.models import (
    DraftStateMixin,
    LockableMixin,
    PreviewableMixin,
    Revision,
    RevisionMixin,
    WorkflowMixin,
)


class Approvable(WorkflowMixin, DraftStateMixin, LockableMixin, RevisionMixin, PreviewableMixin):
    """Approval is Wagtail's publish of a revision: a `live` row is what was approved."""

    previews: ClassVar[Any] = None
    """The desk's previews (`promo.desk.previews`), given when the desk is loaded."""

    workflow_states = GenericRelation(
        "wagtailcore.WorkflowState",
        content_type_field="base_content_type",
        object_id_field="object_id",
        for_concrete_model=False,
    )
    _revisions = GenericRelation(
        "wagtailcore.Revision",
        content_type_field="base_content_type",
        object_id_field="object_id",
        for_concrete_model=False,
    )

    class Meta:
        abstract = True

    @property
    def revisions(self) -> Any:
        return self._revisions

    def save_revision(  # type: ignore[override]  # by keywords alone, as everybody calls it
        self, *, overwrite_revision: Revision | None = None, **kwargs: Any
    ) -> Any:
        with transaction.atomic():
            self._hold()
            if overwrite_revision is not None:
                # Wagtail refuses any but the latest, as this copy knows it: another may have come.
                self.latest_revision = self.revisions.latest("pk")
            return super().save_revision(overwrite_revision=overwrite_revision, **kwargs)

    def publish(self, *args: Any, **kwargs: Any) -> None:
        with transaction.atomic():
            self._hold()
            super().publish(*args, **kwargs)

    def _hold(self) -> None:
        """Wagtail stores the row first, or the revision: two at once would block each other."""
        rows = type(self)._default_manager.filter(pk=self.pk)  # noqa: SLF001  (Django's name)
        list(rows.select_for_update().values_list("pk"))

    @property
    def preview_modes(self) -> list[tuple[str, str]]:
        modes: list[tuple[str, str]] = self.previews.modes(self)
        return modes

    def serve_preview(self, request: Any, mode_name: str) -> Any:
        return self.previews.serve(self, request, mode_name)

    @property
    def approval_state(self) -> str:
        """How far the approval is, in a word for lists."""
        if self.live and not self.has_unpublished_changes:
            return gettext("approved")
        if self.current_workflow_state is not None:
            return gettext("in review")
        return gettext("approved, changed since") if self.live else gettext("draft")
