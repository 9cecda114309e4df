"""The mailbox that returned mail is fetched from: set up, tried, given up."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.validators import RegexValidator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from promo.desk.screens import Screen
from promo.errors import ConfigurationError, PromoError, Unreachable
from promo.mailing.mailboxes import PORTS, Address
from promo.models.newsletters import one_line
from promo.services import fetching

ALLOWED = "promo.change_destination"

_HOST = RegexValidator(
    r"^[A-Za-z0-9._:-]+$", gettext_lazy("Write the server’s name alone: imap.example.org.")
)
_SUFFIX = {"tls": "s", "starttls": "+tls", "none": ""}


class MailboxForm(forms.Form):
    """A mailbox. A stored password is never shown; it is kept while the rest stays the same."""

    protocol = forms.ChoiceField(
        label=gettext_lazy("Protocol"),
        choices=[("imap", "IMAP"), ("pop3", "POP3")],
        help_text=gettext_lazy("Take IMAP where the mailbox offers both."),
    )
    security = forms.ChoiceField(
        label=gettext_lazy("Encryption"),
        choices=[
            ("tls", gettext_lazy("TLS (the usual one)")),
            ("starttls", "STARTTLS"),
            ("none", gettext_lazy("none (this machine only)")),
        ],
    )
    host = forms.CharField(
        label=gettext_lazy("Mail server"),
        max_length=200,
        validators=[_HOST],
        help_text=gettext_lazy("For example imap.example.org."),
    )
    port = forms.IntegerField(
        label=gettext_lazy("Port"),
        min_value=1,
        max_value=65535,
        required=False,
        help_text=gettext_lazy("Leave empty for the usual one."),
    )
    user = forms.CharField(
        label=gettext_lazy("User name"),
        max_length=200,
        validators=[one_line],
        help_text=gettext_lazy("Often the whole address of the mailbox."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=200,
        strip=False,
        required=False,
        validators=[one_line],
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    folder = forms.CharField(
        label=gettext_lazy("Folder"),
        max_length=200,
        required=False,
        validators=[one_line],
        help_text=gettext_lazy("With IMAP; leave empty for the inbox."),
    )

    def __init__(self, *args: Any, stored: Address | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._stored = stored
        if stored is None:
            self.fields["password"].required = True
            return
        protocol = "imap" if stored.scheme.startswith("imap") else "pop3"
        suffixes = {suffix: key for key, suffix in _SUFFIX.items()}
        self.fields["password"].help_text = _("Already saved. Leave empty to keep it.")
        self.initial = {
            "protocol": protocol,
            "security": suffixes[stored.scheme.removeprefix(protocol)],
            "host": stored.host,
            "port": stored.port,
            "user": stored.user,
            "folder": stored.folder,
        }

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if self.errors or given["password"]:
            return given
        kept = self._stored
        if kept is None or self.address(password=kept.password) != kept:
            # Else a stored password could be sent to any server.
            self.add_error(
                "password", _("The mailbox has changed: please type its password again.")
            )
        return given

    def address(self, *, password: str = "") -> Address:
        """The mailbox as it is wanted; `password` where none was typed."""
        given = self.cleaned_data
        scheme = f"{given['protocol']}{_SUFFIX[given['security']]}"
        return Address(
            scheme=scheme,
            host=given["host"].lower(),
            port=given["port"] or PORTS[scheme],
            user=given["user"],
            password=given["password"] or password,
            folder=given["folder"] or "INBOX",
        )


class MailboxView(Screen):
    permission = ALLOWED
    template_name = "promo/desk/mailbox.html"
    page_title = gettext_lazy("Mailbox of returned mail")
    header_icon = "resubmit"
    parents = ({"url": reverse_lazy("returned:index"), "label": gettext_lazy("Returned mail")},)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        fixed = fetching.is_given_by_environment()
        return context | {
            "fixed": fixed,
            "standing": fetching.standing(),
            "form": None if fixed else kwargs.get("form") or MailboxForm(stored=_stored()),
        }

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        if fetching.is_given_by_environment():
            return redirect("returned:mailbox")
        stored = _stored()
        form = MailboxForm(request.POST, stored=stored)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        address = form.address(password=stored.password if stored else "")
        fetching.use(address=address)
        messages.success(request, _("Saved."))
        _try(request)
        return redirect("returned:mailbox")


class ActView(Screen):
    """Tries the mailbox; gives it up after a question."""

    permission = ALLOWED
    template_name = "promo/desk/mailbox_question.html"
    page_title = gettext_lazy("Stop reading this mailbox?")
    header_icon = "resubmit"
    parents = (
        *MailboxView.parents,
        {"url": reverse_lazy("returned:mailbox"), "label": gettext_lazy("Mailbox")},
    )
    http_method_names = ("post",)

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        act = request.POST.get("act", "")
        if act == "remove" and not request.POST.get("sure"):
            return self.render_to_response(self.get_context_data(standing=fetching.standing()))
        if act == "remove":
            fetching.stop_using()
            messages.success(request, _("No mailbox is read any more."))
        elif act == "try":
            _try(request)
        return redirect("returned:mailbox")


def _stored() -> Address | None:
    """What the form begins with; nothing where the key of the secrets was lost."""
    try:
        return fetching.set_up()
    except ConfigurationError:
        return None


def _try(request: HttpRequest) -> None:
    try:
        fetching.try_it()
    except Unreachable as error:
        advice = _("Check the server’s name, the port and the encryption.")
        messages.error(request, f"{error.text} {advice}")
    except PromoError as error:
        messages.error(request, error.text)
    else:
        messages.success(request, _("The mailbox lets us in. It is read from now on."))
