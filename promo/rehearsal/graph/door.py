"""The one way into the simulated Graph API: version, rules, the act, the answer."""

from __future__ import annotations

import dataclasses
import secrets

from promo.rehearsal.graph import faulty, versions
from promo.rehearsal.graph.context import Context, app_of, find_token
from promo.rehearsal.graph.edges import route
from promo.rehearsal.graph.errors import GraphError, error_reply
from promo.rehearsal.wire import Reply, Request, json_reply
from promo.rehearsal.world import World

PREFIX = "/graph"


def answer(world: World, request: Request) -> Reply:
    """The answer to one Graph call, faults and all. The call is noted, without its token."""
    now = world.clock.now()
    try:
        context = _opened(world, request, now=now)
    except GraphError as error:
        return error_reply(error, {})
    asked = faulty.asked_by(context)
    context = faulty.changed(context, world.faults.world(asked))
    if context.wait:
        world.stopping.wait(context.wait)
        context = dataclasses.replace(context, now=world.clock.now())
    rule = world.faults.answer(asked)
    reply = faulty.answered(context, rule, _act) if rule else _act(context)
    world.ledger.add_call(
        method=request.method,
        path=asked.path,
        status=0 if reply.cut else reply.status,
        fault=rule.fault if rule else "",
    )
    world.nudge.set()
    return _with_headers(context, reply)


def _opened(world: World, request: Request, *, now: float) -> Context:
    bare = request.path.removeprefix(PREFIX) if _has_prefix(request.path) else request.path
    segments = tuple(part for part in bare.split("/") if part)
    context = Context(
        world=world,
        request=request,
        segments=segments,
        version="",
        address=request.base_url + (PREFIX if _has_prefix(request.path) else ""),
        now=now,
    )
    if segments and versions.PREFIX.fullmatch(segments[0]):
        version = versions.serving(segments[0], now=now)
        return dataclasses.replace(context, version=version, segments=segments[1:])
    token = find_token(world, context.token_text)
    default = app_of(world, token).default_version if token else versions.VERSIONS[-1][0]
    return dataclasses.replace(context, version=versions.serving(default, now=now))


def _has_prefix(path: str) -> bool:
    return path == PREFIX or path.startswith(PREFIX + "/")


def _act(context: Context) -> Reply:
    """Do what was asked; the true answer, an error object included."""
    try:
        found = route(context)
    except GraphError as error:
        return error_reply(error, context.statuses)
    return found if isinstance(found, Reply) else json_reply(found)


def _with_headers(context: Context, reply: Reply) -> Reply:
    headers = {
        "facebook-api-version": context.version,
        "x-fb-trace-id": secrets.token_urlsafe(8),
        "x-fb-rev": "1000000001",
        **faulty.usual_usage(context),
        **context.headers,
        **reply.headers,
    }
    return dataclasses.replace(reply, headers=headers, skew=context.skew)
