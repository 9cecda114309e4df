"""What networks tell by themselves (webhooks): a hint to look sooner, never the truth.

It may come twice, late, out of order, never, or once more from somebody who has kept it. So it
changes no state and proves nothing; it only brings forward a look that would be made anyway:

- Only within the quiet period, in which not to find a post counts for nothing. When it is held to
  be absent stays as it is.
- Only to the next of fixed moments, a ninetieth of the quiet period apart (10 s). Whatever is told
  in between, a thousand times over, asks for the same look: nothing has to be remembered.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils.crypto import salted_hmac

from promo.channels.base import EarContract, Notice
from promo.errors import ConfigurationError
from promo.models import Destination, Publication
from promo.protocol import State
from promo.services import channels, composing, figures, hints, looking
from promo.services.facts import absolute

log = structlog.get_logger()

MOMENTS = 90
"""In a quiet period: as many looks as notices can bring about at most for one publication."""


@dataclass(frozen=True, slots=True)
class SetUp:
    """What a person enters at the network, and why they might."""

    address: str
    token: str
    what_for: str
    steps: Sequence[str]


def ear_of(channel: str) -> type[EarContract] | None:
    """What this channel's network can tell by itself; None where it tells nothing."""
    found: type[EarContract] | None = getattr(channels.installed().get(channel), "ear", None)
    return found


def set_up(*, destination: Destination) -> SetUp | None:
    """How the destination's network may tell us; None where it cannot, or nobody is named yet."""
    ear = ear_of(destination.channel)
    speaker = destination.config.get(ear.speaker_key, "") if ear else ""
    if ear is None or not speaker:
        return None
    where = {"channel": destination.channel, "speaker": speaker}
    address = absolute(reverse("hear", kwargs=where))
    return SetUp(address, _token(**where), ear.what_for, ear.steps)


def _token(*, channel: str, speaker: str) -> str:
    """What proves that whoever enters the address has seen it at the desk. Made, not stored."""
    made = salted_hmac("promo.services.hearing", f"{channel}:{speaker}", algorithm="sha256")
    return made.hexdigest()[:32]


def listening(*, channel: str, speaker: str) -> list[Destination]:
    """The destinations about which this one may tell; none: there is no such address."""
    ear = ear_of(channel)
    if ear is None:
        return []
    named = {f"config__{ear.speaker_key}": speaker}
    return list(Destination.objects.filter(channel=channel, **named))


def challenge(*, channel: str, speaker: str, query: Mapping[str, str]) -> str:
    """The answer to whoever asks if the address is ours; "" where they do not know the token."""
    ear = ear_of(channel)
    return ear.challenge(query, token=_token(channel=channel, speaker=speaker)) if ear else ""


def proved(
    rows: Sequence[Destination], *, body: bytes, headers: Mapping[str, str]
) -> list[Destination]:
    """Those of the destinations whose own secret proves who says this."""
    return [row for row in rows if _is_proved(row, body, headers)]


def _is_proved(row: Destination, body: bytes, headers: Mapping[str, str]) -> bool:
    ear = ear_of(row.channel)
    try:
        return ear is not None and ear.is_genuine(body, headers, row.secrets)
    except ConfigurationError:  # it cannot be opened, and the desk says so
        return False


def note(rows: Sequence[Destination], *, body: bytes, now: datetime) -> None:
    """Look sooner at what is told, in these destinations of one channel."""
    ear = ear_of(rows[0].channel)
    told = ear.notices(body) if ear else []
    for row in rows:
        place = row.config.get(ear.place_key) if ear else None
        here = [notice for notice in told if notice.place == place]
        if here:
            _look_sooner(row, here, now=now)


def _look_sooner(destination: Destination, told: Sequence[Notice], *, now: datetime) -> None:
    quiet: timedelta = settings.PROMO_QUIET_PERIOD
    markers = {marker for notice in told for marker in composing.markers_in(notice.text)}
    ids = {notice.remote_id for notice in told if notice.remote_id}
    at = _next_moment(now, every=quiet / MOMENTS)
    doubtful = Publication.objects.filter(
        Q(marker__in=markers) | Q(remote_id__in=ids),
        Q(state=State.UNKNOWN) | Q(state=State.ARMED, armed_for_at__lte=now),
        destination=destination,
        look_at__gt=at,
    )
    early = [row.pk for row in doubtful if at < looking.began(row, now=now) + quiet]
    if early:
        taken = hints.take(
            doubtful.filter(pk__in=early).order_by("id"), limit=len(early), look_at=at
        )
        log.info("told", destination=destination.pk, looked_for_sooner=taken)
    removed = {notice.remote_id for notice in told if notice.removed and notice.remote_id}
    if removed:
        figures.read_sooner(
            destination=destination, remote_ids=removed, at=_next_moment(now, every=quiet / 3)
        )


def _next_moment(now: datetime, *, every: timedelta) -> datetime:
    """The same for all that is told until then."""
    seconds = every.total_seconds()
    return datetime.fromtimestamp((now.timestamp() // seconds + 1) * seconds, UTC)
