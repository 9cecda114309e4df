"""What the rules do to a Graph call: change its world first, then choose its answer."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping

from promo.rehearsal.faults import Asked, Rule
from promo.rehearsal.graph import tokens
from promo.rehearsal.graph.context import Context, find_token
from promo.rehearsal.graph.errors import GraphError, error_reply
from promo.rehearsal.wire import Reply, json_reply

Act = Callable[[Context], Reply]
Changer = Callable[[Context, Rule], Context]
Answerer = Callable[[Context, Rule, Act], Reply]

# 4800 calls for each engaged user: a quiet library page has one.
CALLS_A_DAY = 4800
BAD_GATEWAY = (
    b"<!DOCTYPE html><html><head><title>502</title></head><body><h1>Bad Gateway</h1></body></html>"
)


def asked_by(context: Context) -> Asked:
    """What rules may match: the path without version, and every parameter but the keys."""
    secret = ("access_token", "appsecret_proof", "client_secret")
    params = context.request.params
    text = "\n".join(context.request.text(name) for name in params if name not in secret)
    return Asked(
        surface="graph",
        method=context.request.method,
        path="/" + "/".join(context.segments),
        text=text,
    )


def changed(context: Context, rules: list[Rule]) -> Context:
    """The call with everything the `world` rules make true."""
    for rule in rules:
        context = WORLD[rule.fault](context, rule)
    return context


def answered(context: Context, rule: Rule, act: Act) -> Reply:
    """The answer the rule gives. `act` does what was asked and gives the true answer."""
    context = dataclasses.replace(context, fault=rule.fault, late=rule.seconds("late_seconds"))
    return ANSWERS[rule.fault](context, rule, act)


def usage_headers(page_id: str, *, percent: int, regain_minutes: int) -> dict[str, str]:
    """Both usage headers at `percent`; the page's key holds a list."""
    used = {"call_count": percent, "total_cputime": percent // 4, "total_time": percent // 4}
    page = {"type": "pages", **used, "estimated_time_to_regain_access": regain_minutes}
    return {
        "X-App-Usage": json.dumps(used),
        "X-Business-Use-Case-Usage": json.dumps({page_id: [page]}),
    }


def usual_usage(context: Context) -> dict[str, str]:
    """The usage headers without any rule: none before enough calls were made."""
    percent = context.world.ledger.count_calls() * 100 // CALLS_A_DAY
    if not percent:
        return {}
    headers = usage_headers(_first(context), percent=percent, regain_minutes=0)
    token = find_token(context.world, context.token_text)
    page_call = token is not None and token.kind == "PAGE"
    name = "X-Business-Use-Case-Usage" if page_call else "X-App-Usage"
    return {name: headers[name]}


def _first(context: Context) -> str:
    return context.segments[0] if context.segments else "me"


def _usage(context: Context, rule: Rule) -> dict[str, str]:
    return usage_headers(
        _first(context),
        percent=rule.number("percent"),
        regain_minutes=rule.number("regain_minutes"),
    )


def _error(rule: Rule, headers: Mapping[str, str] | None = None) -> GraphError:
    return GraphError(
        rule.number("code"),
        rule.text("message"),
        subcode=rule.number("subcode"),
        status=rule.number("status"),
        headers={**(headers or {}), **dict(rule.settings.get("headers") or {})},
    )


def _kill_token(context: Context, rule: Rule) -> Context:
    tokens.kill(context.world, context.token_text, rule.number("subcode"))
    return context


WORLD: Mapping[str, Changer] = {
    "read_lag": lambda context, rule: dataclasses.replace(context, lag=rule.seconds("seconds")),
    "clock_skew": lambda context, rule: dataclasses.replace(context, skew=rule.seconds("seconds")),
    "schedule_window": lambda context, rule: dataclasses.replace(
        context,
        earliest=rule.seconds("min_seconds"),
        latest=rule.seconds("max_seconds"),
    ),
    "development_mode": lambda context, _rule: dataclasses.replace(context, development=True),
    "lost_task": lambda context, rule: dataclasses.replace(
        context, lost_tasks=context.lost_tasks | {rule.text("task")}
    ),
    "no_page_token": lambda context, _rule: dataclasses.replace(context, tokenless=True),
    "error_status": lambda context, rule: dataclasses.replace(
        context, statuses={**context.statuses, rule.number("code"): rule.number("status")}
    ),
    "usage": lambda context, rule: dataclasses.replace(context, headers=_usage(context, rule)),
    "slow": lambda context, rule: dataclasses.replace(context, wait=rule.seconds("seconds")),
    "token_dies": _kill_token,
}


def _done(context: Context, rule: Rule, act: Act) -> Reply:
    """The true answer, or an empty one where the rule says that nothing is to be done."""
    return act(context) if rule.flag("apply") else Reply()


def _then(make: Callable[[Context, Rule, Reply], Reply]) -> Answerer:
    """Do it, then answer otherwise; a call that is refused in its own right keeps its refusal."""

    def answer(context: Context, rule: Rule, act: Act) -> Reply:
        reply = _done(context, rule, act)
        return make(context, rule, reply) if reply.status < 400 else reply  # noqa: PLR2004 - HTTP

    return answer


def _refuse(context: Context, rule: Rule, _act: Act) -> Reply:
    return error_reply(_error(rule), context.statuses)


def _throttle(context: Context, rule: Rule, _act: Act) -> Reply:
    headers = _usage(context, rule) if rule.flag("usage_headers") else {}
    return error_reply(_error(rule, headers), context.statuses)


def _reads_down(context: Context, rule: Rule, act: Act) -> Reply:
    return Reply(cut=rule.text("how")) if rule.text("how") else _refuse(context, rule, act)


def _link_refused(context: Context, rule: Rule, act: Act) -> Reply:
    return _refuse(context, rule, act) if context.request.text("link") else act(context)


def _is_repeat(context: Context) -> bool:
    """Is the page's newest post the same text?"""
    text = context.request.text("message") or context.request.text("caption")
    page_id = _first(context)
    posts = [
        post
        for post in context.world.posts.all()
        if post.page_id == page_id and post.exists(context.now)
    ]
    return bool(posts and text) and posts[0].message == text


def _duplicate_refused(context: Context, _rule: Rule, act: Act) -> Reply:
    if _is_repeat(context):
        return error_reply(GraphError(506), context.statuses)
    return act(context)


def _hidden_duplicate(context: Context, rule: Rule, act: Act) -> Reply:
    if _is_repeat(context):
        return error_reply(GraphError(506), context.statuses)
    reply = act(context)
    return _refuse(context, rule, act) if reply.status < 400 else reply  # noqa: PLR2004 - HTTP


def _empty_page(_context: Context, _rule: Rule, reply: Reply) -> Reply:
    data = json.loads(reply.body or b"{}")
    return json_reply({"data": [], "paging": data.get("paging", {})})


def _batch_null(_context: Context, _rule: Rule, reply: Reply) -> Reply:
    data = json.loads(reply.body or b"null")
    return json_reply([None, *data[1:]]) if isinstance(data, list) else reply


ANSWERS: Mapping[str, Answerer] = {
    "create_then_500": _then(lambda context, rule, _reply: _refuse(context, rule, _nothing)),
    "create_then_400": _then(lambda context, rule, _reply: _refuse(context, rule, _nothing)),
    "create_then_cut": _then(
        lambda _context, rule, reply: dataclasses.replace(reply, cut=rule.text("how"))
    ),
    "create_then_hang": _then(
        lambda _context, rule, reply: dataclasses.replace(reply, wait=rule.seconds("seconds"))
    ),
    "create_late": _then(
        lambda _context, rule, reply: dataclasses.replace(
            reply, cut=rule.text("how"), wait=rule.seconds("seconds")
        )
    ),
    "refuse": _refuse,
    "throttle": _throttle,
    "link_refused": _link_refused,
    "reads_down": _reads_down,
    "hidden_duplicate": _hidden_duplicate,
    "duplicate_refused": _duplicate_refused,
    "service_unavailable": _then(
        lambda _context, rule, _reply: Reply(
            status=rule.number("status"), body=b"Service Unavailable", content_type="text/html"
        )
    ),
    "bad_gateway": _then(
        lambda _context, rule, _reply: Reply(
            status=rule.number("status"), body=BAD_GATEWAY, content_type="text/html"
        )
    ),
    "success_false": _then(lambda _context, _rule, _reply: json_reply({"success": False})),
    "empty_page": lambda context, rule, act: _empty_page(context, rule, act(context)),
    "batch_null": lambda context, rule, act: _batch_null(context, rule, act(context)),
}


def _nothing(_context: Context) -> Reply:
    return Reply()
