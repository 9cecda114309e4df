"""What a rehearsal takes along of the desk: content and plan, but no reader, no address, no key.

Only what is named here is copied, so that nothing new goes along unasked. It is read in one
transaction, as of one instant, which writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Field, Model
from django.utils.translation import gettext as _
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from promo.errors import ConfigurationError

STAFF_DOMAIN = "staff.rehearsal.example"
"""Of the addresses that staff have in a rehearsal; `.example` is nobody's (RFC 2606)."""

COPIED = frozenset(
    {
        *("contenttypes.ContentType", "auth.Permission", "auth.Group", "auth.User"),
        *("wagtailusers.UserProfile", "wagtailcore.Collection"),
        *("promo.Institution", "promo.ClosedDay", "promo.Branch", "promo.Partner"),
        *("promo.Timetable", "promo.TimetableStep", "promo.FairShare", "promo.Halt"),
        *("promo.Photo", "promo.Item", "promo.ItemPhoto", "promo.Approval"),
        *("promo.EventAct", "promo.LevelGrant", "promo.Campaign", "promo.CampaignItem"),
        *("promo.Destination", "promo.Newsletter", "promo.Issue", "promo.Publication"),
        *("promo.Rhythm", "promo.Filling"),
        *("promo.Anniversary", "promo.Remembrance", "promo.Showings"),
    }
)
LEFT_BEHIND = frozenset(
    {
        # Readers, and whatever tells of them.
        *("promo.Subscriber", "promo.Subscription", "promo.Consent", "promo.Preferences"),
        *("promo.Suppression", "promo.DataRequest", "promo.Segment"),
        *("promo.ReaderImport", "promo.RefusedRow", "promo.ReaderExport"),
        *("promo.BulkAct", "promo.BulkActReader", "promo.Proof"),
        *("promo.Mailing", "promo.Batch", "promo.Delivery", "promo.DeliveryEvent"),
        *("promo.Acceptance", "promo.TrackedLink", "promo.LinkVisit"),
        *("promo.ReturnedMail", "promo.ReturnMailbox"),
        # The real outside, and what is known of it.
        *("promo.Handshake", "promo.AccessNotice", "promo.CalendarAddress"),
        *("promo.Source", "promo.Entry", "promo.Attempt"),
        *("promo.TakeDown", "promo.PostChange", "promo.FormerMarker"),
        *("promo.PostFigures", "promo.DeadMetric"),
        *("promo.DomainLimit", "promo.DomainHold", "promo.DomainWord"),
        # Made anew where it is needed.
        *("promo.PhotoRendition", "promo.Grant", "promo.Heartbeat"),
    }
)
SELF_FILLED = frozenset({"promo.Rhythm", "promo.Filling"})
"""Left behind as well where one campaign is rehearsed."""

CHANGED: Mapping[str, Mapping[str, str]] = {
    "auth.User": {
        "username": "'staff-' || id",
        "email": f"CASE WHEN email = '' THEN '' ELSE 'staff-' || id || '@{STAFF_DOMAIN}' END",
        "password": "'!'",
    },
    "promo.Destination": {
        "sealed": "''",
        "config": "'{}'",  # it may hold an address
        "rests_until_at": "NULL",
        "rests_because": "''",
        "probe": "NULL",
        "troubles": "0",
        "gap": "interval '0'",
        "used_percent": "0",
        "used_until_at": "NULL",
    },
    "promo.Newsletter": {"testers": "''"},
    "promo.Rhythm": {"hinted_at": "NULL"},
    # What the real network holds is planned again: the rehearsed one holds nothing yet.
    "promo.Publication": {
        "state": "CASE state WHEN 'armed' THEN 'planned' ELSE state END",
        "due_at": "CASE state WHEN 'armed' THEN planned_at ELSE due_at END",
        "arm_at": "CASE state WHEN 'armed' THEN pg_catalog.now() ELSE arm_at END",
        "armed_for_at": "NULL",
        "armed_json": "'{}'",
        "hinted_at": "NULL",
        "lease_until_at": "NULL",
        "look_at": "NULL",
    },
}
"""Columns that go along as something else, as SQL over the desk's own row."""

BACK = "60 days"
"""How far back publications go along that are over: the gaps between posts look at them."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table's way: what is read of it, where it goes."""

    name: str
    columns: tuple[str, ...]
    select: Composable


def copy(*, desk: psycopg.Connection[Any], campaign: int | None) -> None:
    """Put the desk's content into the present, migrated database in place of its first rows.

    With `campaign` only what this one still has to publish goes along. Raises ConfigurationError
    where the desk's tables are of another version than this code.
    """
    desk.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    desk.read_only = True
    _insist_on_the_same_tables(desk)
    models = [
        model
        for model in apps.get_models()
        if model._meta.label in COPIED and not (campaign and model._meta.label in SELF_FILLED)  # noqa: SLF001  (Django's public name)
    ]
    tables = [table for model in models for table in _tables(model, campaign)]
    with transaction.atomic(), connection.cursor() as cursor:
        # Neither order nor keys between tables matter: all of it is there at the end.
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table in tables:
            cursor.execute(SQL("DELETE FROM {}").format(Identifier(table.name)))
        for table in tables:
            _pour(desk, cursor, table)
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)
    ContentType.objects.clear_cache()


def _pour(desk: psycopg.Connection[Any], cursor: Any, table: Table) -> None:
    columns = SQL(", ").join(map(Identifier, table.columns))
    take = SQL("COPY ({}) TO STDOUT").format(table.select)
    put = SQL("COPY {} ({}) FROM STDIN").format(Identifier(table.name), columns)
    with desk.cursor() as reading, reading.copy(take) as out, cursor.copy(put) as into:
        for block in out:
            into.write(block)


def _tables(model: type[Model], campaign: int | None) -> Iterator[Table]:
    """The model's own table, and those that tie it to other copied ones."""
    meta = model._meta  # noqa: SLF001  (Django's public name)
    fields = [field for field in meta.concrete_fields if not getattr(field, "generated", False)]
    changed = CHANGED.get(meta.label, {})
    values = SQL(", ").join(_value(field, changed) for field in fields)
    where = _wanted(campaign) if meta.label == "promo.Publication" else SQL("true")
    select = SQL("SELECT {} FROM {} WHERE {}").format(values, Identifier(meta.db_table), where)
    yield Table(meta.db_table, tuple(str(field.column) for field in fields), select)
    for field in meta.local_many_to_many:
        through = field.remote_field.through
        if through and through._meta.auto_created and _is_copied(field.related_model):  # noqa: SLF001  (as above)
            yield from _tables(through, campaign)


def _value(field: Field[Any, Any], changed: Mapping[str, str]) -> Composable:
    """What goes along of a column; a key to a row that stays behind is left empty."""
    if field.column in changed:
        return SQL(changed[field.column])
    if field.is_relation and not _is_copied(field.related_model) and field.null:
        return SQL("NULL")
    return Identifier(field.column)


def _is_copied(model: Any) -> bool:
    return model._meta.concrete_model._meta.label in COPIED  # noqa: SLF001  (as above)


def _wanted(campaign: int | None) -> Composed:
    """Of the publications: what waits (of the campaign), and what is over since not long ago.

    What is just going out, or may be out, belongs to the real network: it stays behind.
    """
    mine = SQL("campaign_id = {}").format(Literal(campaign)) if campaign else SQL("true")
    return SQL(
        "((state IN ('planned', 'waiting', 'armed') AND NOT recalled AND {})"
        " OR (state IN ('published', 'withdrawn', 'missed', 'failed', 'cancelled')"
        " AND planned_at > pg_catalog.now() - interval {}))"
    ).format(mine, Literal(BACK))


def _insist_on_the_same_tables(desk: psycopg.Connection[Any]) -> None:
    asked = "SELECT app, name FROM django_migrations"
    theirs = set(desk.execute(asked).fetchall())
    with connection.cursor() as cursor:
        cursor.execute(asked)
        ours = set(cursor.fetchall())
    if theirs != ours:
        raise ConfigurationError(
            _("The desk’s database is of another version of Promo. Run “promo migrate” first.")
        )
