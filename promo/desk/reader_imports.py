"""Readers from a file: upload, a look at how it will be read, progress, report."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from wagtail.admin.viewsets.base import ViewSet

from promo.desk import downloads
from promo.desk.screens import FROM_SUBSCRIBERS, Screen, staff
from promo.errors import InvalidInput, PromoError
from promo.importing.readers_shape import FIELDS
from promo.models import Newsletter, ReaderImport, RefusedRow
from promo.services import reader_imports, reader_merge
from promo.services.clock import database_now

ALLOWED = "promo.add_subscriber"
SHOWN = 20
State = ReaderImport.State
UNDER_WAY = {State.WAITING, State.READING, State.MERGING}
_MOST_COLUMNS = 702
"""Up to ZZ: beyond that a person does not look for a name."""

LABELS = {
    "email": gettext_lazy("e-mail"),
    "name": gettext_lazy("first or full name"),
    "surname": gettext_lazy("surname"),
    "language": gettext_lazy("language"),
    "consent_on": gettext_lazy("date of the consent"),
    "source": gettext_lazy("source of the consent"),
}
COUNTS = {
    "added": gettext_lazy("new readers"),
    "changed": gettext_lazy("known readers, now subscribed"),
    "already": gettext_lazy("already subscribed"),
    "left": gettext_lazy("unsubscribed earlier, left alone"),
    "suppressed": gettext_lazy("must not be mailed"),
    "duplicates": gettext_lazy("twice in the file"),
    "refused": gettext_lazy("rows with a mistake"),
}


class ReaderImportsViewSet(ViewSet):
    name = url_namespace = "reader_imports"
    url_prefix = "subscribers/imports"
    icon = "upload"

    def get_urlpatterns(self) -> list[Any]:
        return [
            path("", UploadView.as_view(), name="index"),
            path("<int:pk>/", ImportView.as_view(), name="show"),
            path("<int:pk>/progress/", ProgressView.as_view(), name="progress"),
            path("<int:pk>/cancel/", cancel, name="cancel"),
            path("<int:pk>/refused.csv", refused, name="refused"),
        ]


class UploadForm(forms.Form):
    newsletter = forms.ModelChoiceField(
        Newsletter.objects.all(), label=gettext_lazy("Newsletter"), empty_label=None
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "A CSV file or an Excel workbook (XLSX). Each row holds one reader; only the e-mail "
            "address is needed."
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx"}),
    )
    source = forms.CharField(
        label=gettext_lazy("Where do the consents come from?"),
        max_length=200,
        help_text=gettext_lazy("For example: paper forms of the book fair in May 2026."),
    )
    wording = forms.CharField(
        label=gettext_lazy("What did the readers agree to?"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy(
            "The words of the consent as they stood on the form. They are kept with each reader as "
            "proof."
        ),
    )


class UploadView(Screen):
    permission = ALLOWED
    template_name = "promo/desk/reader_imports.html"
    page_title = gettext_lazy("Import readers")
    header_icon = "upload"
    parents = FROM_SUBSCRIBERS

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        rows = ReaderImport.objects.select_related("newsletter", "started_by")
        return context | {"form": kwargs.get("form") or UploadForm(), "imports": rows[:SHOWN]}

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        form = UploadForm(request.POST, request.FILES)
        if form.is_valid():
            given = form.cleaned_data
            try:
                asked = reader_imports.upload(
                    newsletter=given["newsletter"],
                    user=staff(request),
                    name=given["file"].name,
                    blocks=given["file"].chunks(),
                    source=given["source"],
                    wording=given["wording"],
                    now=database_now(),
                )
            except InvalidInput as error:
                form.add_error("file", error.text)
            else:
                return redirect("reader_imports:show", pk=asked.pk)
        return self.render_to_response(self.get_context_data(form=form))


class ColumnsForm(forms.Form):
    """How the file is to be read: its letters, its columns, and what each column holds."""

    encoding = forms.ChoiceField(
        label=gettext_lazy("Encoding of the letters"),
        choices=ReaderImport.Encoding.choices,
        help_text=gettext_lazy("Choose another one where Polish letters look wrong below."),
    )
    delimiter = forms.ChoiceField(
        label=gettext_lazy("Columns are separated by"), choices=ReaderImport.Delimiter.choices
    )
    has_heading = forms.BooleanField(
        label=gettext_lazy("The first row holds the headings"), required=False
    )

    def __init__(self, *args: Any, asked: ReaderImport, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._asked = asked
        for key in ("encoding", "delimiter", "has_heading"):
            self.initial[key] = getattr(asked, key)
        if asked.format == ReaderImport.Format.XLSX:
            del self.fields["encoding"], self.fields["delimiter"]
        choices = [("", _("not in the file")), *_columns(asked)]
        for key in FIELDS:
            self.fields[key] = forms.ChoiceField(
                label=_("Column: {field}").format(field=LABELS[key]),
                choices=choices,
                required=False,
                initial=asked.columns.get(key, ""),
            )

    @property
    def reading(self) -> dict[str, Any]:
        """Encoding, delimiter and heading as they are wanted."""
        given = self.cleaned_data
        return {
            "encoding": given.get("encoding", self._asked.encoding),
            "delimiter": given.get("delimiter", self._asked.delimiter),
            "has_heading": given["has_heading"],
        }

    @property
    def columns(self) -> dict[str, int]:
        given = self.cleaned_data
        return {key: int(given[key]) for key in FIELDS if given.get(key, "") != ""}


def _columns(asked: ReaderImport) -> Iterator[tuple[int, str]]:
    """The columns by their letter and what stands on top: `B: Imię`."""
    for place, cell in enumerate(reader_imports.headings(asked)[:_MOST_COLUMNS]):
        yield place, f"{letters(place)}: {cell[:40]}"


def letters(place: int) -> str:
    """How a spreadsheet names its columns: 0 is A, 25 Z, 26 AA."""
    before, last = divmod(place, 26)
    return (letters(before - 1) if before else "") + chr(ord("A") + last)


class ImportView(Screen):
    """One import: how the file will be read; once it is started, how far it is and what came."""

    permission = ALLOWED
    template_name = "promo/desk/reader_import.html"
    header_icon = "upload"
    parents = (
        *UploadView.parents,
        {"url": reverse_lazy("reader_imports:index"), "label": gettext_lazy("Import readers")},
    )

    def get_object(self) -> ReaderImport:
        return get_object_or_404(
            ReaderImport.objects.select_related("newsletter", "started_by"), pk=self.kwargs["pk"]
        )

    def get_page_title(self) -> str:
        return self.get_object().file_name

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        asked = kwargs.get("asked") or self.get_object()
        context |= standing(asked)
        if asked.state == State.UPLOADED:
            context |= _preview(asked, kwargs.get("form"))
        return context

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """Take the description; start, if that is wanted and nothing was guessed anew."""
        asked = self.get_object()
        try:
            form = ColumnsForm(request.POST, asked=asked)
            if not form.is_valid():
                return self.render_to_response(self.get_context_data(asked=asked, form=form))
            before = (asked.encoding, asked.delimiter, asked.has_heading)
            anew = tuple(form.reading.values()) != before
            reader_imports.describe(
                asked=asked, **form.reading, columns=None if anew else form.columns
            )
            if "start" in request.POST and anew:
                messages.info(request, _("The file is read in another way now. Please look again."))
            elif "start" in request.POST:
                reader_imports.start(asked=asked)
        except PromoError as error:
            messages.error(request, error.text)
        return redirect("reader_imports:show", pk=asked.pk)


def _preview(asked: ReaderImport, form: ColumnsForm | None) -> dict[str, Any]:
    try:
        rows = reader_imports.sample(asked=asked, now=database_now())
        form = form or ColumnsForm(asked=asked)
    except InvalidInput as error:
        return {"unreadable": error.text}
    reasons = dict(RefusedRow.Reason.choices)
    return {
        "form": form,
        "sample": [(row, reasons.get(row.reason, "")) for row in rows],
        "columns": [LABELS[key] for key in FIELDS if key != "surname"],
    }


class ProgressView(Screen):
    """How far an import is, as a fragment, asked for while it runs."""

    permission = ALLOWED
    template_name = "promo/desk/reader_import_progress.html"

    def get_context_data(self, **_kwargs: Any) -> dict[str, Any]:
        return standing(get_object_or_404(ReaderImport, pk=self.kwargs["pk"]))


def standing(asked: ReaderImport) -> dict[str, Any]:
    """How an import stands, for its page and its fragment."""
    return {
        "asked": asked,
        "bar": _bar(asked),
        "steps": reader_merge.STEPS,
        "started": asked.state != State.UPLOADED,
        "under_way": asked.state in UNDER_WAY,
        "merging": asked.state == State.MERGING,
        "done": asked.state == State.DONE,
        "counts": [(label, getattr(asked, key)) for key, label in COUNTS.items()],
        "refused": asked.refused_rows.exists(),
    }


def _bar(asked: ReaderImport) -> tuple[int, int] | None:
    """How far the present stage is, and its end; None where nobody can tell."""
    if asked.state == State.MERGING:
        return asked.merged, reader_merge.STEPS
    known = asked.state == State.READING and asked.rows <= asked.expected_rows
    return (asked.rows, asked.expected_rows) if known and asked.expected_rows else None


@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop it; nothing of it stays."""
    _may(request)
    asked = get_object_or_404(ReaderImport, pk=pk)
    try:
        reader_imports.cancel(asked=asked, now=database_now())
    except PromoError as error:
        messages.error(request, error.text)
    else:
        messages.success(request, _("Cancelled. Nothing was imported."))
    return redirect("reader_imports:show", pk=pk)


def refused(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """Every row that brought no reader, and why, as a table."""
    _may(request)
    asked = get_object_or_404(ReaderImport, pk=pk)

    def rows() -> Iterator[tuple[object, ...]]:
        yield _("Row"), _("What stands there"), _("Why it was left out")
        for row in asked.refused_rows.iterator(chunk_size=5000):
            yield row.row, row.line, row.get_reason_display()

    return downloads.table(f"import-{asked.pk}.csv", rows())


def _may(request: HttpRequest) -> None:
    if not request.user.has_perm(ALLOWED):
        raise PermissionDenied
