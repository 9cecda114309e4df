"""Forms of the desk that are more than their model's fields."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.forms.auth import LoginForm as WagtailLoginForm
from wagtail.images.forms import BaseImageForm

from promo.errors import InvalidInput, PromoError
from promo.services import gate
from promo.sources.pictures import MAX_BYTES, prepare_picture


class LoginForm(WagtailLoginForm):
    """Wagtail's, with its labels in the reader's language."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("Username")
        self.fields["password"].label = _("Password")


class PhotoForm(BaseImageForm):
    """Wagtail's; a picture is decoded in a child process and kept without what the camera wrote."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "file" in self.fields:
            field = self.fields["file"]
            field.to_python = _prepared(field.to_python)


def _prepared(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The field's own reading, of the picture as it may go out."""

    def to_python(given: Any) -> Any:
        if not given or given.size > MAX_BYTES:
            return read(given)  # the field says what is wrong
        try:
            picture = prepare_picture(given.read())
        except InvalidInput as error:
            raise ValidationError(error.text, code="picture") from error
        name = Path(given.name).with_suffix(".jpg").name
        return read(SimpleUploadedFile(name, picture, "image/jpeg"))

    return to_python


class GatedForm(WagtailAdminModelForm):
    """Saves any draft; refuses an approval of content that would go out wrong.

    Autosave and "save draft" pass. Sending to review, approving and publishing are held at the
    gate: every error is shown at its field.
    """

    def is_valid(self) -> bool:
        valid = bool(super().is_valid())
        if not valid or not self._asks_for_approval():
            return valid
        for field, text in self._faults():
            self.add_error(field if field in self.fields else None, text)
        return not self.errors

    def _asks_for_approval(self) -> bool:
        action = self.data.get("workflow-action-name", "")
        return (
            "action-publish" in self.data
            or "action-submit" in self.data
            or (bool(self.data.get("action-workflow-action")) and action == "approve")
        )

    def _faults(self) -> Iterator[tuple[str | None, str]]:
        content = self.save(commit=False)
        try:
            faults = gate.faults(content)
        except PromoError as error:
            yield getattr(error, "field", None) or None, error.text
            return
        for fault in faults:
            yield fault.field or None, fault.text


class ItemForm(GatedForm):
    """A new item begins in the only branch there is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is None and "branch" in self.fields:
            _choose_the_only_one(self, "branch")


_USUAL = ("sample_percent", "sample_hours")


class IssueForm(GatedForm):
    """A new issue begins in the only newsletter there is, and in its language.

    What is left empty of the comparison of two subjects is as usual.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "segment" in self.fields:
            self.fields["segment"].empty_label = _("all readers of the newsletter")
        for name in self.fields.keys() & _USUAL:
            self.fields[name].required = False
        if self.instance.pk is None and "newsletter" in self.fields:
            only = _choose_the_only_one(self, "newsletter")
            if only is not None:
                self.initial["language"] = only.language

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        for name in self.fields.keys() & _USUAL:
            if cleaned.get(name) is None:
                cleaned[name] = self._meta.model._meta.get_field(name).default  # noqa: SLF001
        return cleaned


def _choose_the_only_one(form: WagtailAdminModelForm, name: str) -> Any:
    """Choose the one row of a select field that has just one; gives it, or None."""
    rows = list(form.fields[name].queryset[:2])
    if len(rows) != 1:
        return None
    form.initial.setdefault(name, None)
    form.initial[name] = form.initial[name] or rows[0].pk
    return rows[0]
