"""Rules that no linter knows: what keeps Celery a mere runner, and a channel a folder."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery.schedules import schedule
from django.conf import settings

from config.celery import app as worker
from config.clock import TICK
from config.clock import app as beat
from promo.channels.base import ChannelContract
from promo.services import channels

ROOT = Path(__file__).resolve().parent.parent
OURS = ("promo", "tasks", "config")
LONGEST_FILE = 400
LONGEST_FUNCTION = 60

HANDS_TIME_TO_CELERY = {"eta", "countdown", "autoretry_for", "retry_backoff"}
WAITS_FOR_CELERY = {"chord", "chain", "group", "AsyncResult", "ResultSet"}
CATCHES_ALL = {"Exception", "BaseException", ""}


def modules() -> list[Path]:
    found = [path for part in OURS for path in (ROOT / part).rglob("*.py")]
    return [path for path in found if "migrations" not in path.parts]


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def place(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


def names_of(node: ast.AST) -> set[str]:
    """The name that a node uses or imports."""
    if isinstance(node, ast.Name):
        return {node.id}
    if isinstance(node, ast.Attribute):
        return {node.attr}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {alias.name for alias in node.names}
    return set()


def test_no_code_hands_the_timetable_to_celery() -> None:
    """On Redis an ETA beyond the visibility time-out runs many times; a row's `due_at` does not."""
    found = [
        place(path, node)
        for path in modules()
        for node in nodes(path)
        if isinstance(node, ast.Call)
        and {keyword.arg for keyword in node.keywords} & HANDS_TIME_TO_CELERY
    ]
    assert found == []


def test_no_task_retries_itself_or_waits_for_another() -> None:
    found = [
        place(path, node)
        for path in (ROOT / "tasks").rglob("*.py")
        for node in nodes(path)
        if names_of(node) & (WAITS_FOR_CELERY | {"retry"})
    ]
    found += [
        place(path, node)
        for path in modules()
        for node in nodes(path)
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("celery")
        and names_of(node) & WAITS_FOR_CELERY
    ]
    assert found == []


@pytest.mark.parametrize("app", [worker, beat], ids=["worker", "beat"])
def test_there_is_no_result_backend(app: object) -> None:
    assert getattr(app, "conf").result_backend is None  # noqa: B009  (Celery's conf has no type)


def test_results_are_ignored_and_messages_acknowledged_late() -> None:
    assert worker.conf.task_ignore_result
    assert worker.conf.task_acks_late
    assert not worker.conf.task_reject_on_worker_lost
    assert worker.conf.task_time_limit < worker.conf.visibility_timeout
    assert worker.conf.accept_content == ["json"]


def test_beat_says_tick_and_nothing_else() -> None:
    (entry,) = beat.conf.beat_schedule.values()
    assert entry["task"] == TICK
    assert not isinstance(entry["schedule"], schedule), "seconds, never a crontab"
    assert worker.conf.beat_schedule == {}
    worker.loader.import_default_modules()
    assert TICK in worker.tasks


def test_a_task_carries_an_id_and_nothing_else() -> None:
    worker.loader.import_default_modules()
    ours = {name: task for name, task in worker.tasks.items() if name.startswith("tasks.")}
    assert ours
    for name, task in ours.items():
        taken = inspect.signature(task.run).parameters.values()
        assert [parameter.annotation for parameter in taken] in ([], ["int"], [int]), name


def test_nothing_catches_everything_unless_it_passes_it_on() -> None:
    found = []
    for path in modules():
        for node in nodes(path):
            if not isinstance(node, ast.ExceptHandler):
                continue
            caught = ast.unparse(node.type) if node.type else ""
            passes_on = isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None
            if caught in CATCHES_ALL and not (caught == "BaseException" and passes_on):
                found.append(place(path, node))
    assert found == []


def test_production_code_never_asks_whether_it_is_under_test() -> None:
    asks = re.compile(r"pytest|PYTEST_|unittest|\bTESTING\b|under_test|is_test\b")
    assert [
        str(path.relative_to(ROOT)) for path in modules() if asks.search(path.read_text("utf-8"))
    ] == []


def test_nothing_sleeps_but_what_has_a_reason_to() -> None:
    sleeps = {
        path.relative_to(ROOT).parts[:2]
        for path in modules()
        for node in nodes(path)
        if isinstance(node, ast.Call) and "sleep" in names_of(node.func)
    }
    # The courier gathers answers for a moment, a single mail waits for its turn, and a benchmark
    # looks for its end now and then.
    few = {("promo", "embedded"), ("promo", "rehearsal"), ("promo", "mailing"), ("tasks", "bench")}
    assert sleeps <= few


def test_the_rehearsed_world_imports_nothing_of_promo() -> None:
    """It is the witness: it must not share our mistakes."""
    found = []
    for path in (ROOT / "promo" / "rehearsal").rglob("*.py"):
        for node in nodes(path):
            named = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            named += [a.name for a in node.names] if isinstance(node, ast.Import) else []
            found += [
                place(path, node)
                for name in named
                if re.match(r"(promo|tasks|config|tests)(\.|$)", name)
                and not name.startswith("promo.rehearsal")
            ]
    assert found == []


def test_no_file_is_absurdly_long() -> None:
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in modules()}
    assert {str(path): count for path, count in lengths.items() if count > LONGEST_FILE} == {}


def test_no_function_is_absurdly_long() -> None:
    found = {
        f"{place(path, node)} {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in modules()
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: lines for name, lines in found.items() if lines > LONGEST_FUNCTION} == {}


def test_every_setting_of_ours_is_documented() -> None:
    document = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    source = (ROOT / "config" / "settings.py").read_text(encoding="utf-8")
    read = set(re.findall(r"\"(PROMO_[A-Z_]+)\"", source))
    assert read
    assert {name for name in read if f"`{name}`" not in document} == set()


def channel_keys() -> list[str]:
    return list(channels.installed())


@pytest.mark.parametrize("key", channel_keys())
def test_a_channel_is_a_folder_with_all_that_the_contract_asks_for(key: str) -> None:
    made = channels.installed()[key]
    assert made.key == key
    wanted = {*inspect.get_annotations(ChannelContract), *vars(ChannelContract)}
    missing = {name for name in wanted if not name.startswith("_") and not hasattr(made, name)}
    assert missing == set()
    assert made.traits.look_up or made.traits.repeat_safe, "else every lost answer asks a person"


@pytest.mark.parametrize("key", channel_keys())
def test_a_channel_has_its_templates_and_its_tests(key: str) -> None:
    assert list((ROOT / "templates" / key).glob("*.j2"))
    tests = list((ROOT / "tests" / "channels" / key).glob("test_*.py"))
    assert any("Contract" in path.read_text("utf-8") for path in tests)


def test_no_channel_is_named_outside_its_folder_where_a_trait_would_do() -> None:
    """Two are named on purpose: the website is our own ground, the newsletter has a mail engine."""
    social = [key for key in channel_keys() if channels.installed()[key].traits.level > 1]
    social.remove("newsletter_email")
    tests_of_key = re.compile(rf"(==|!=|\bin\b)\s*[\"'({{\[]*({'|'.join(social)})[\"']")
    services = [path for path in modules() if path.is_relative_to(ROOT / "promo" / "services")]
    desk = [path for path in modules() if path.is_relative_to(ROOT / "promo" / "desk")]
    found = [
        str(path.relative_to(ROOT))
        for path in services + desk
        if tests_of_key.search(path.read_text("utf-8"))
    ]
    assert found == []


def test_no_template_of_the_public_is_broken() -> None:
    assert [fault.text for fault in channels.template_faults()] == []


def test_the_times_of_this_installation_keep_the_protocol() -> None:
    channels.check_deadlines()
    assert settings.PROMO_LEASE < settings.PROMO_QUIET_PERIOD
