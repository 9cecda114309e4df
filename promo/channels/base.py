"""The channel contract: what a folder under `promo/channels/` must offer.

A channel is one folder. Its package exposes a class `Channel` that follows the protocol below; the
folder's name is the channel's `key`. Adding one touches its folder, `templates/<key>/`, its tests
and one line of `PROMO_CHANNELS` in the settings.

What we believe
    Compose is pure: the same draft gives the same message, with no clock, database or network.
    Publish is the one door: it makes one attempt, has a total deadline, and returns a receipt or
    raises one of the five `PublishError`s. It never retries, never sleeps, never swallows.
    Only `client.py` talks to the network, over the HTTP session it was handed.

What not to do
    Return a bool. Catch `Exception`. Search an error body for digits. Put a token in a log, a repr
    or an error text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Protocol

import requests

from promo.values import Draft, Figures, Held, Message, Problem, Receipt, Traits

Render = Callable[[str, Mapping[str, Any]], str]
"""Render a template by its path below `templates/`: `render("website/entry.txt.j2", {...})`."""


COMMON_NAMES = frozenset({"draft", "item", "issue", "institution", "link", "message", "blocks"})
"""What every template below templates/ may use; a channel adds its own in `template_names`."""


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach one destination. `config` is public, `secrets` is kept out of the repr."""

    config: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a destination's set-up form. `key` names it in `Access.config` or `.secrets`."""

    key: str
    label: str
    help: str = ""
    secret: bool = False
    required: bool = True


@dataclass(frozen=True, slots=True)
class CallBudget:
    """How much of the network's call budget this destination has used, as its last answer told.

    `percent` may pass 100 and is 0 where nothing is known; `regain` is when there is more. `note`
    keeps what an answer tells for whoever calls next.
    """

    percent: int = 0
    regain: timedelta = timedelta(0)
    note: Callable[[int, timedelta], None] = lambda _percent, _regain: None


NO_BUDGET = CallBudget()


@dataclass(frozen=True, slots=True)
class Wires:
    """What a channel may use of the outside, handed in.

    `http` makes a session for each client. `enqueue` starts the mailing of a message to the readers
    of a newsletter and gives its receipt. `settings` holds the `PROMO_*` values. `longest_call` is
    the operator's own limit: a channel's deadline is the shorter of it and `Channel.deadline`.
    `budget` is for networks that tell how much they will still take.
    """

    http: Callable[[], requests.Session]
    now: Callable[[], datetime]
    enqueue: Callable[[Access, Message, str], Receipt]
    settings: Mapping[str, str] = field(default_factory=dict)
    longest_call: timedelta = timedelta(seconds=120)
    budget: CallBudget = NO_BUDGET


@dataclass(frozen=True, slots=True)
class GuideStep:
    """What a person does on the network's own pages before the sign-in. `trap` is said loudly."""

    title: str
    lines: tuple[str, ...]
    trap: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Something a person may connect, such as a page. `why_not` says why it cannot be chosen.

    `config` and `secrets` go into the destination, beside what the person gave before.
    """

    key: str
    name: str
    about: str = ""
    why_not: str = ""
    config: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Offer:
    """The places that a sign-in opened, and what is missing from it, in words."""

    places: tuple[Place, ...]
    missing: tuple[str, ...] = ()


class SignInContract(Protocol):
    """Connecting by the network's own sign-in (OAuth). A channel offers it as its `sign_in`.

    Every method that calls the network raises one of the five `PublishError`s.
    """

    guide: ClassVar[Sequence[GuideStep]]
    asks: ClassVar[frozenset[str]]
    """Keys of the channel's fields that a person fills in before the sign-in."""
    place_key: ClassVar[str]
    """The field that holds the key of the chosen place."""
    after: ClassVar[str]
    """What a person should do right after connecting."""
    when_hidden: ClassVar[str]
    """What to do where a post is out and followers see nothing; empty where that cannot be."""

    def __init__(self, access: Access, wires: Wires) -> None: ...

    def check_app(self) -> None:
        """Raise where the network does not accept what the person filled in."""
        ...

    def dialog(self, *, redirect_uri: str, state: str, renews: bool) -> str:
        """The address of the sign-in. `renews`: an access that is running out is to start anew."""
        ...

    def redeem(self, code: str, *, redirect_uri: str) -> str:
        """The person's long-lived token for a code. A secret."""
        ...

    def offer(self, token: str) -> Offer:
        """What this token opens."""
        ...


@dataclass(frozen=True, slots=True)
class Notice:
    """What a network told by itself of one post: a reason to look, never more.

    `place` says where, as the destination's own field does; `text` may hold the post's link.
    """

    place: str
    remote_id: str
    text: str = ""
    removed: bool = False


class EarContract(Protocol):
    """What a network tells by itself at an address of ours (webhooks). All of it is pure.

    A channel may offer it as its `ear`; nothing depends on it.
    """

    speaker_key: ClassVar[str]
    """The field that names who speaks; destinations in which it is the same share the address."""
    place_key: ClassVar[str]
    """The field that a notice's `place` is compared with."""
    what_for: ClassVar[str]
    steps: ClassVar[Sequence[str]]
    """What a person does at the network to be told."""

    @staticmethod
    def challenge(query: Mapping[str, str], *, token: str) -> str:
        """What to answer whoever asks if the address is ours; "" where the token is wrong."""
        ...

    @staticmethod
    def is_genuine(body: bytes, headers: Mapping[str, str], secrets: Mapping[str, str]) -> bool:
        """Did the network itself say this? Compares in constant time."""
        ...

    @staticmethod
    def notices(body: bytes) -> list[Notice]:
        """What is told of posts; whatever cannot be read is left out."""
        ...


class ChannelContract(Protocol):
    """One configured way out. Made with `Channel(access, wires)`; composing needs neither."""

    key: ClassVar[str]
    label: ClassVar[str]
    icon: ClassVar[str]
    traits: ClassVar[Traits]
    fields: ClassVar[Sequence[Field]]
    template_names: ClassVar[frozenset[str]]
    """What its templates may use beyond `COMMON_NAMES`; anything else is refused at start-up."""
    deadline: ClassVar[timedelta]
    """The longest one `publish` takes; start-up refuses a lease that is not longer."""

    def __init__(self, access: Access, wires: Wires) -> None: ...

    @classmethod
    def compose(cls, draft: Draft, render: Render) -> Message:
        """The message for this draft. Pure."""
        ...

    @classmethod
    def problems(cls, message: Message) -> list[Problem]:
        """What is wrong with the message, shown before approval. Pure."""
        ...

    def check(self) -> list[Problem]:
        """Is our access still good? One harmless read; an empty list means yes."""
        ...

    def publish(self, message: Message, *, key: str) -> Receipt:
        """Publish once. `key` is the publication's marker. Raises one of five `PublishError`s.

        Before anything has left us it may also raise ConfigurationError or InvalidInput: refused.
        """
        ...

    def withdraw(self, receipt: Receipt) -> None:
        """Take it down; nothing happens where it is down already. Needs `traits.can_withdraw`."""
        ...

    def update(self, receipt: Receipt, message: Message) -> Receipt:
        """Change what is out. Needs `traits.can_edit`."""
        ...

    def look_up(self, key: str, message: Message) -> Receipt | None:
        """The receipt, if a post that carries exactly this key is out. Needs `traits.look_up`.

        None means: a complete read did not show it. A read that could not be completed raises.
        """
        ...


class SchedulingChannel(ChannelContract, Protocol):
    """What a channel with `traits.native_schedule` offers besides: its network holds the post.

    `withdraw` takes down what is held as well as what is out.
    """

    def arm(self, message: Message, *, key: str, at: datetime) -> Receipt:
        """Have the network show it at `at`. Makes one attempt and raises what `publish` raises."""
        ...

    def amend(self, receipt: Receipt, message: Message, *, at: datetime | None) -> None:
        """Change the text of what is held, and its time unless `at` is None.

        Rejected: the network does not change this one. A lost answer may be any other error.
        """
        ...

    def held(self, key: str, message: Message) -> Sequence[Held]:
        """Every post with exactly this key that the network holds, oldest first; a complete read.

        A read that could not be completed raises.
        """
        ...


class ReadingChannel(ChannelContract, Protocol):
    """What a channel with `traits.reads_back` offers besides."""

    def shown(self, receipt: Receipt) -> str | None:
        """The text of the post as it stands there; None where the post exists no more.

        A read that could not be completed raises.
        """
        ...


class CountingChannel(ChannelContract, Protocol):
    """What a channel with `traits.figures` offers besides."""

    metric_labels: ClassVar[Mapping[str, str]]
    """The names in `Figures.metrics`, as people call them."""
    when_withheld: ClassVar[str]
    """Why there may be no metrics, in words."""

    def figures(self, receipt: Receipt, *, dead: frozenset[str]) -> Figures | None:
        """What people did with the post; None where it exists no more.

        Names in `dead` are not asked for. A read that could not be completed raises.
        """
        ...
