"""A pytest plugin: the real PostgreSQL and Redis for one test run, in a home of its own.

Loaded with `-p tests.stack`, before Django reads its settings. The controller compiles the
translations and starts PostgreSQL, whose address the workers of xdist inherit; each of them has a
database of its own there, and a Redis of its own: Celery reaches only database 0 through a socket.
"""

import gc
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from promo import catalogs
from promo.embedded import Layout, Postgres, Redis, broker_url, redis_url

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
ENGINES = pytest.StashKey[list[Postgres | Redis]]()

if not WORKER:
    os.environ["PROMO_HOME"] = tempfile.mkdtemp(prefix="promo-test-")
HOME = Path(os.environ["PROMO_HOME"]).resolve()
OWN = HOME / (WORKER or "alone")
os.environ["REDIS_URL"] = redis_url(OWN)
os.environ["CELERY_BROKER_URL"] = broker_url(OWN)


def pytest_configure(config: pytest.Config) -> None:
    engines: list[Postgres | Redis] = [Redis(Layout(OWN))]
    if not WORKER:
        catalogs.compile_stale()
        # Nothing here need outlive a power cut; no test pulls the plug on PostgreSQL.
        hasty = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
        engines.append(Postgres(Layout(HOME), settings=hasty))
    config.stash[ENGINES] = engines
    for engine in engines:
        engine.start()


def pytest_collection_finish() -> None:
    """What is there now stays until the end: nobody need look through it again and again."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure(config: pytest.Config) -> None:
    for engine in reversed(config.stash.get(ENGINES, [])):
        engine.stop()
    if not WORKER:
        shutil.rmtree(HOME, ignore_errors=True)
