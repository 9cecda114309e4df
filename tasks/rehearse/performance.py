"""A rehearsal from the copied desk to the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any, TextIO
from zoneinfo import ZoneInfo

import psycopg
from django.db.models import Max
from django.utils import translation

from promo.desk import rehearsal_report
from promo.models import Institution, Publication
from promo.services import (
    rehearsal_cast,
    rehearsal_copy,
    rehearsal_course,
    rehearsal_troubles,
    rehearsals,
)
from promo.services.clock import database_now
from promo.services.rehearsal_troubles import Trouble
from promo.services.rehearsals import Asked, Rehearsal, Stage
from tasks.rehearse import clock, stage
from tasks.rehearse.playing import Play
from tasks.rehearse.watching import Watch
from tasks.rehearse.world import World


def rehearse(
    rehearsal: Rehearsal, *, world: World, desk: psycopg.Connection[Any], say: TextIO | None
) -> None:
    """Copy the desk, play, and keep what was seen. Raises PromoError."""
    rehearsal_copy.copy(desk=desk, campaign=rehearsal.asked.campaign)
    desk.close()
    institution = Institution.load()
    with translation.override(institution.language):
        pages = rehearsal_cast.connect(make_page=world.make_page)
        rehearsal_cast.invite(now=database_now())
        troubles = rehearsal_troubles.named(rehearsal.asked.troubles)
        _bring(troubles, world)
        clock.install()
        with stage.worker(rehearsal.stage_home) as worker:
            performance = _Performance(rehearsal, stage.Stage(world, worker), pages, say)
            performance.run(institution.tz, off=any(trouble.off for trouble in troubles))


def _bring(troubles: Sequence[Trouble], world: World) -> None:
    for trouble in troubles:
        for rule in trouble.rules:
            world.set_fault(rule)
        if trouble.event:
            world.let_happen(trouble.event)


def bounds(asked: Asked, *, now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From when on it is shown, and when it ends: whole days, the first of them from now on."""
    today = now.astimezone(zone).date()
    first = max(asked.start or today, today)
    begins = datetime.combine(first, time(), tzinfo=zone)
    ends = datetime.combine(first + timedelta(days=asked.days), time(), tzinfo=zone)
    return max(begins, now), ends


class _Performance:
    """The play with its witness, told hour by hour."""

    def __init__(
        self, rehearsal: Rehearsal, scene: stage.Stage, pages: list[int], say: TextIO | None
    ) -> None:
        self._rehearsal = rehearsal
        self._scene = scene
        self._pages = pages
        self._say = say
        self._told = 0

    def run(self, zone: ZoneInfo, *, off: bool) -> None:
        began = database_now()
        since, until = bounds(self._rehearsal.asked, now=began, zone=zone)
        later = since if since > began else None
        self._ids = rehearsal_course.cast_list(since=later, until=until)
        self._last = Publication.objects.aggregate(last=Max("pk"))["last"] or 0
        self._until = until
        world = self._scene.world
        watch = Watch(world, zone, since, world.pages())
        progress = replace(
            self._rehearsal.progress, stage=Stage.PLAYING, begins_at=began, at=began, ends_at=until
        )
        play = Play(self._scene, watch.look, watch.switched_off, off=off)
        hour = began
        for at in play.run(until=until):
            if at - hour >= timedelta(hours=1) or at >= until:
                hour = at
                progress = replace(progress, at=at)
                self._tell(watch, progress)
        self._rehearsal.keep(watch.seen(self._endings(watch)))
        done = replace(progress, at=until, stage=Stage.DONE)
        rehearsal_report.write(self._rehearsal, done)
        self._rehearsal.tell(done)
        if self._say:
            self._say.write(rehearsal_report.ending(self._rehearsal) + "\n")

    def _tell(self, watch: Watch, progress: rehearsals.Progress) -> None:
        seen = watch.seen(self._endings(watch))
        shown = sum(len(hour["entries"]) for hour in seen["hours"])
        if shown != self._told:
            self._rehearsal.keep(seen)
            if self._say:
                self._say.write(rehearsal_report.lines(seen, skip=self._told))
                self._say.flush()
            self._told = shown
        self._rehearsal.tell(progress)

    def _endings(self, watch: Watch) -> list[rehearsal_course.Ending]:
        return rehearsal_course.endings(
            ids=self._ids,
            behind=self._last,
            until=self._until,
            pages=self._pages,
            seen=watch.texts(),
        )
