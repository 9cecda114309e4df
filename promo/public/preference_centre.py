"""The preference centre: what a subscriber reads, how often, and when not. No password is needed.

The code in the link is personal; every mail has one. It allows what may be undone. To see, copy or
erase one's data a fresh link is mailed (`promo.public.own_data`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

from dateutil.relativedelta import relativedelta
from django.core.exceptions import ValidationError
from django.forms import DateField
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods

from promo.models import Branch, Newsletter, Preferences, Subscriber, Subscription
from promo.planning.kinds import AUDIENCES, TOPICS
from promo.public import answers, fields, telling, visitors
from promo.public.readers import proof_of, reader_of
from promo.services import preferences, subscribers, tokens
from promo.services.clock import database_now
from promo.services.preferences import Choice

END_PAUSE = "end_pause"
UNTIL = "until"
BREAKS = {
    "2w": relativedelta(weeks=2),
    "1m": relativedelta(months=1),
    "3m": relativedelta(months=3),
}
LANGUAGES = {"pl": "polski", "en": "English"}
DATE_FORMATS = ("%Y-%m-%d", "%d.%m.%Y", "%d-%m-%Y")
"""As browsers send it, and as people type it where a browser has no calendar."""


@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest, code: str) -> HttpResponse:
    """Everything on one page; saving shows it again with what is now so."""
    reader = reader_of(code)
    if reader is None:
        return answers.gone(request)
    now = database_now()
    form = _Form.kept(reader, now=now)
    saved = False
    if request.method == "POST" and request.POST.get("act") == END_PAUSE:
        preferences.end_pause(subscriber=reader, now=now)
        form, saved = _Form.kept(reader, now=now), True
    elif request.method == "POST":
        form = _Form.given(request, reader, form)
        if not form.errors:
            _save(request, reader, form, proof=proof_of(code), now=now)
            form, saved = _Form.kept(reader, now=now), True
    return answers.page(
        request, "newsletter_preferences", **_context(request, reader, form, code, saved=saved)
    )


@dataclass(frozen=True, slots=True)
class _Form:
    """What the form shows: as kept, or as given with what is wrong with it.

    `pause` is "" for none, a key of `BREAKS`, or `UNTIL` with the day in `until`.
    """

    choice: Choice
    offered: list[Newsletter]
    newsletters: frozenset[int]
    counted: frozenset[int]
    name: str
    language: str
    pause: str = ""
    until: str = ""
    errors: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def kept(cls, reader: Subscriber, *, now: datetime) -> _Form:
        reader.refresh_from_db()
        choice = preferences.of(reader, now=now)
        read = reader.subscriptions.filter(state=Subscription.State.ACTIVE)
        ids = frozenset(read.values_list("newsletter_id", flat=True))
        every = Newsletter.objects.all()
        until = choice.paused_until_on
        return cls(
            choice=choice,
            offered=[row for row in every if row.open_to_sign_up or row.id in ids],
            newsletters=ids,
            counted=frozenset(
                read.filter(counted_since_at__isnull=False).values_list("newsletter_id", flat=True)
            ),
            name=reader.name,
            language=reader.language,
            pause=UNTIL if until else "",
            until=until.isoformat() if until else "",
        )

    @classmethod
    def given(cls, request: HttpRequest, reader: Subscriber, kept: _Form) -> _Form:
        post = request.POST
        today = preferences.today(database_now())
        pause, until = post.get("pause", ""), post.get("until", "").strip()
        if not pause and until and until != kept.until:
            pause = UNTIL  # the day was picked, and the dot before it forgotten
        ends_on, errors = _end_of_break(pause, until, today=today)
        frequency = post.get("frequency", "")
        language = post.get("language", "")
        return cls(
            choice=Choice(
                topics=_known(post.getlist("topics"), [one.key for one in TOPICS]),
                audiences=_known(post.getlist("audiences"), [one.key for one in AUDIENCES]),
                branches=_branches(post.getlist("branches"), kept.choice.branches),
                frequency=frequency
                if frequency in Preferences.Frequency.values
                else kept.choice.frequency,
                paused_until_on=ends_on,
            ),
            offered=kept.offered,
            newsletters=frozenset(
                row.id for row in kept.offered if str(row.id) in post.getlist("newsletters")
            ),
            counted=frozenset(telling.ticked(kept.offered, post.getlist(telling.COUNTED))),
            name=post.get("name", ""),
            language=language if language in LANGUAGES else reader.language,
            pause=pause,
            until=until,
            errors={"until": errors} if errors else {},
        )


def _known(given: list[str], all_of: list[str]) -> tuple[str, ...]:
    """In the order in which they are offered; all of them is the same as none."""
    chosen = tuple(key for key in all_of if key in given)
    return () if len(chosen) == len(all_of) else chosen


def _branches(given: list[str], kept: frozenset[int]) -> frozenset[int]:
    """With a single branch nobody is asked, and what was chosen before stays."""
    ids = set(Branch.objects.values_list("id", flat=True))
    if len(ids) < 2:  # noqa: PLR2004  (the smallest number that is a choice)
        return kept
    chosen = frozenset(one for one in ids if str(one) in given)
    return frozenset() if chosen == ids else chosen


def _end_of_break(pause: str, until: str, *, today: date) -> tuple[date | None, list[str]]:
    """The day on which mails come again; or what is wrong with it."""
    if pause in BREAKS:
        return today + BREAKS[pause], []
    if pause != UNTIL:
        return None, []
    try:
        day = DateField(input_formats=DATE_FORMATS).clean(until)
    except ValidationError:
        return None, [_("Please give the day on which mails are to come again.")]
    if day is None or day <= today:
        return None, [_("Please give a day after today.")]
    return day, []


def _save(
    request: HttpRequest, reader: Subscriber, form: _Form, *, proof: str, now: datetime
) -> None:
    preferences.choose(subscriber=reader, choice=form.choice)
    subscribers.choose(
        subscriber=reader,
        newsletters=set(form.newsletters),
        name=form.name,
        language=form.language,
        source=request.build_absolute_uri("/preferences/"),
        wording=_wording(form.offered),
        ip=visitors.address_of(request),
        proof=proof,
        counted=telling.ticked(form.offered, {str(one) for one in form.counted}),
        now=now,
    )


def _wording(offered: list[Newsletter]) -> str:
    words = _(
        "I agree to receive the newsletters ticked here by e-mail. "
        "I can leave at any time with one click."
    )
    return telling.with_tracking(words, offered)


def _context(
    request: HttpRequest, reader: Subscriber, form: _Form, code: str, *, saved: bool
) -> dict[str, Any]:
    return {
        "page_title": _("Your newsletter settings"),
        "action": request.path,
        "address": reader.email,
        "saved": saved,
        "reads_nothing": saved and not form.newsletters,
        "paused_until": None if form.errors else form.choice.paused_until_on,
        "fields": [
            fields.field("name", _("First name"), form.name, autocomplete="given-name"),
        ],
        "groups": list(_groups(form)),
        "data_url": f"/preferences/{code}/data/",
        "unsubscribe_url": tokens.link("unsubscribe", tokens.READER, reader.uuid),
    }


def _groups(form: _Form) -> list[SimpleNamespace]:
    everything = _("Tick nothing, and you get everything.")
    branches = list(Branch.objects.all())
    groups = [
        fields.group(
            "newsletters",
            _("Newsletters"),
            [
                telling.newsletter_option(row, checked=row.id in form.newsletters)
                for row in form.offered
            ],
            hint=_wording(form.offered),
        ),
        *telling.ticks(form.offered, given=form.counted),
        fields.group(
            "frequency",
            pgettext("newsletter", "How often"),
            [
                fields.option(key, label, checked=key == form.choice.frequency)
                for key, label in Preferences.Frequency.choices
            ],
            kind="radio",
            hint=_("Counted over all newsletters, by calendar weeks and months."),
        ),
        fields.group(
            "topics",
            pgettext("newsletter", "Topics"),
            [
                fields.option(one.key, one.label, checked=one.key in form.choice.topics)
                for one in TOPICS
            ],
            hint=everything + " " + _("Changes of opening hours are always told."),
        ),
        fields.group(
            "audiences",
            pgettext("newsletter", "For whom"),
            [
                fields.option(one.key, one.label, checked=one.key in form.choice.audiences)
                for one in AUDIENCES
            ],
            hint=everything,
        ),
    ]
    if len(branches) > 1:
        options = [
            fields.option(row.id, row.name, checked=row.id in form.choice.branches)
            for row in branches
        ]
        groups.append(
            fields.group("branches", pgettext("newsletter", "Branches"), options, hint=everything)
        )
    languages = [
        SimpleNamespace(value=key, label=label, help="", checked=form.language == key)
        for key, label in LANGUAGES.items()
    ]
    return [
        *groups,
        _break(form),
        fields.group("language", _("Language"), languages, kind="radio"),
    ]


def _break(form: _Form) -> SimpleNamespace:
    labels = {
        "": pgettext("break from newsletters", "no break"),
        "2w": _("for two weeks"),
        "1m": _("for a month"),
        "3m": _("for three months"),
        UNTIL: _("until the day given below"),
    }
    errors = form.errors.get("until", [])
    return fields.group(
        "pause",
        _("A break"),
        [fields.option(key, label, checked=key == form.pause) for key, label in labels.items()],
        kind="radio",
        hint=_("Nothing comes during a break. After it everything goes on by itself."),
        extra=fields.field(
            "until", _("Mails come again on"), form.until, type="date", errors=errors
        ),
    )
