"""Celery, set up so that nothing depends on it but speed.

On Redis it loses and repeats tasks whatever its settings; a task is only a hint with an id in it.
The row in PostgreSQL is the queue. Nothing here may use eta, countdown, retry or a result
backend.
"""

import os

from celery import Celery
from celery.signals import worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from config.broker import BROKER, VISIBILITY_TIMEOUT

app = Celery(
    "promo",
    task_cls="config.hints:HintTask",
    # A top-level package without tasks.py modules is not found by autodiscovery: name them.
    include=[
        "tasks.publishing",
        "tasks.mailing",
        "tasks.newsletters",
        "tasks.sources",
        "tasks.readers",
        "tasks.returns",
        "tasks.access",
        "tasks.evergreen",
        "tasks.figures",
        "tasks.upkeep",
    ],
)
app.conf.update(
    **BROKER,
    result_backend=None,
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=False,
    task_acks_on_failure=True,
    task_acks_on_timeout=True,
    task_soft_time_limit=240,
    task_time_limit=300,
    worker_prefetch_multiplier=1,
    worker_max_tasks_per_child=2000,
    worker_max_memory_per_child=400_000,
    # A killed HTTP POST is an unknown outcome; the fence makes a double run harmless.
    worker_cancel_long_running_tasks_on_connection_loss=False,
    worker_hijack_root_logger=False,
    broker_pool_acquire_timeout=5,
    task_publish_retry_policy={
        "max_retries": 2,
        "interval_start": 0,
        "interval_step": 0.2,
        "interval_max": 0.5,
    },
    task_serializer="json",
    accept_content=["json"],
    visibility_timeout=VISIBILITY_TIMEOUT,
    task_default_queue="publish",
    task_routes={
        "tasks.publishing.*": {"queue": "publish"},
        "tasks.mailing.*": {"queue": "mail"},
        "tasks.newsletters.*": {"queue": "fetch"},
        "tasks.sources.*": {"queue": "fetch"},
        "tasks.readers.*": {"queue": "fetch"},
        "tasks.returns.*": {"queue": "fetch"},
        "tasks.access.*": {"queue": "fetch"},
        "tasks.evergreen.*": {"queue": "fetch"},
        "tasks.figures.*": {"queue": "fetch"},
        "tasks.upkeep.*": {"queue": "upkeep"},
    },
)


@worker_ready.connect
def _check_leases(**_kwargs: object) -> None:
    """Refuse to work with a lease shorter than a channel's longest call."""
    from promo.services import channels  # noqa: PLC0415  (needs Django's apps, set up by now)

    channels.check_deadlines()
