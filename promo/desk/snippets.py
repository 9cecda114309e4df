"""What the lists and editors of all our models share: what may be deleted, chosen and approved."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import ProtectedError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from wagtail.admin.ui.components import MediaContainer
from wagtail.admin.ui.tables import Column
from wagtail.snippets.views.chooser import (
    ChooseResultsView,
    ChooseView,
    SnippetChooserViewSet,
    SnippetChosenMultipleView,
    SnippetChosenView,
)
from wagtail.snippets.views.snippets import (
    CopyView,
    CreateView,
    DeleteView,
    EditView,
    IndexView,
    SnippetViewSet,
    WorkflowActionView,
)

from promo.errors import PromoError
from promo.services import gate


class DateColumn(Column):
    """A day and hour the way people write it."""

    cell_template_name = "promo/desk/cell_date.html"


class YesNoColumn(Column):
    """Yes or no in words."""

    cell_template_name = "promo/desk/cell_yes_no.html"


class StateColumn(Column):
    """How far the approval is, as a tag."""

    cell_template_name = "promo/desk/cell_state.html"


class OneByOne(IndexView):
    """The list without tick boxes: nothing is deleted by the dozen."""

    @cached_property
    def columns(self) -> list[Any]:
        return list(super().columns[1:])


class CarefulDelete(DeleteView):
    """Deletes through the model's service; tells in plain words why something has to stay."""

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            answer: HttpResponse = super().form_valid(form)
        except ProtectedError:
            text = _(
                "“{name}” stays: what was published or is planned refers to it. "
                "To stop what has not gone out yet, withdraw its approval."
            )
            return self._refuse(text.format(name=self.object))
        except PromoError as error:
            return self._refuse(error.text)
        return answer

    def _refuse(self, text: str) -> HttpResponse:
        messages.error(self.request, text)
        return redirect(self.get_success_url())


class GatedAction(WorkflowActionView):
    """An approval from outside the editor passes the same gate as one from inside."""

    def objections(self) -> list[str]:
        """Why what waits may not be approved, in plain words."""
        return [fault.text for fault in gate.faults(self.task_state.revision.as_object())]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.action_name == "approve":
            objections = self.objections()
            if objections:
                messages.error(request, " ".join(objections))
                if request.headers.get("x-requested-with") == "XMLHttpRequest":
                    step = {"step": "success", "redirect": self.redirect_url}
                    modal: HttpResponse = self.render_modal_json(request, step)
                    return modal
                return redirect(self.redirect_url)
        answer: HttpResponse = super().post(request, *args, **kwargs)
        return answer


class _Guarded:
    """Wagtail lets everybody at the desk choose from every list; we ask who may see it."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        name = self.model_class._meta  # type: ignore[attr-defined]  # noqa: SLF001  (Django's name)
        if not request.user.has_perm(f"{name.app_label}.view_{name.model_name}"):
            raise PermissionDenied
        answer: HttpResponse = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        return answer


class _Choose(_Guarded, ChooseView):
    pass


class _Results(_Guarded, ChooseResultsView):
    pass


class _Chosen(_Guarded, SnippetChosenView):
    pass


class _ChosenMultiple(_Guarded, SnippetChosenMultipleView):
    pass


class GuardedChooser(SnippetChooserViewSet):
    choose_view_class = _Choose
    choose_results_view_class = _Results
    chosen_view_class = _Chosen
    chosen_multiple_view_class = _ChosenMultiple


class _WithoutChecks:
    """Wagtail's panel of checks looks at pages of its own: of ours it finds nothing, ever."""

    def get_side_panels(self) -> MediaContainer:
        panels = super().get_side_panels()  # type: ignore[misc]
        return MediaContainer(panel for panel in panels if panel.name != "checks")


class _ApprovedWhole:
    """Wagtail stores the approved content first, and then tells us: both or nothing, whoever dies
    in between, and for want of whatever.
    """

    def publish_action(self) -> HttpResponse | None:
        with transaction.atomic():
            answer: HttpResponse | None = super().publish_action()  # type: ignore[misc]
        return answer


class DeskCreate(_ApprovedWhole, _WithoutChecks, CreateView):
    pass


class DeskCopy(_WithoutChecks, CopyView):
    pass


class DeskEdit(_ApprovedWhole, _WithoutChecks, EditView):
    pass


class DeskViewSet(SnippetViewSet):
    """A list and an editor of ours."""

    index_view_class = OneByOne
    add_view_class = DeskCreate
    copy_view_class = DeskCopy
    edit_view_class = DeskEdit
    delete_view_class = CarefulDelete
    workflow_action_view_class = GatedAction
    chooser_viewset_class = GuardedChooser
    copy_view_enabled = False
