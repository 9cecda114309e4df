"""A pytest plugin: the real PostgreSQL and Redis for one test run, in a home of its own.

Loaded with `-p tests.stack`, before Django reads its settings. The controller compiles the
translations and starts the engines; the workers of xdist inherit their addresses and take a Redis
database of their own.
"""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from promo import catalogs
from promo.embedded import Layout, Postgres, Redis, redis_url

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
ENGINES = pytest.StashKey[list[Postgres | Redis]]()

if not WORKER:
    os.environ["PROMO_HOME"] = tempfile.mkdtemp(prefix="promo-test-")
HOME = Path(os.environ["PROMO_HOME"]).resolve()
number = int(WORKER.removeprefix("gw") or 0) + 1 if WORKER else 0
os.environ["REDIS_URL"] = redis_url(HOME).replace("db=0", f"db={number}")
os.environ["CELERY_BROKER_URL"] = (
    os.environ["REDIS_URL"]
    .replace("unix://", "redis+socket://")
    .replace(f"?db={number}", f"?virtual_host={number}")
)


def pytest_configure(config: pytest.Config) -> None:
    if WORKER:
        return
    catalogs.compile_stale()
    # What a test run keeps need not outlive a power cut; no test here pulls the plug on PostgreSQL.
    hasty = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
    engines: list[Postgres | Redis] = [Postgres(Layout(HOME), settings=hasty), Redis(Layout(HOME))]
    config.stash[ENGINES] = engines
    for engine in engines:
        engine.start()


def pytest_unconfigure(config: pytest.Config) -> None:
    for engine in reversed(config.stash.get(ENGINES, [])):
        engine.stop()
    if not WORKER:
        shutil.rmtree(HOME, ignore_errors=True)
