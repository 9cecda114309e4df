"""Celery, set up so that nothing depends on it but speed.

On Redis it loses and repeats tasks whatever its settings; a task is only a hint with an id in it.
The row in PostgreSQL is the queue. Nothing here may use eta, countdown, retry or a result
backend.
"""

import os
from datetime import timedelta

from celery import Celery
from celery.signals import before_task_publish, worker_ready
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# One constant for the three places that must agree (celery docs, backends-and-brokers/redis).
VISIBILITY_TIMEOUT = 900

app = Celery(
    "promo",
    # A top-level package without tasks.py modules is not found by autodiscovery: name them.
    include=["tasks.publishing", "tasks.mailing", "tasks.sources", "tasks.upkeep"],
)
app.conf.update(
    broker_url=settings.CELERY_BROKER_URL,
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
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
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
    broker_transport_options={
        "visibility_timeout": VISIBILITY_TIMEOUT,
        "socket_timeout": 10,
        "socket_connect_timeout": 5,
        "socket_keepalive": True,
        "health_check_interval": 10,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        "unacked_mutex_expire": 60,
        "global_keyprefix": "promo:",
    },
    task_default_queue="publish",
    task_routes={
        "tasks.publishing.*": {"queue": "publish"},
        "tasks.mailing.*": {"queue": "mail"},
        "tasks.sources.*": {"queue": "fetch"},
        "tasks.upkeep.*": {"queue": "upkeep"},
    },
    beat_schedule={
        "tick": {
            "task": "tasks.upkeep.tick",
            "schedule": timedelta(seconds=1),
            "options": {"expires": 5},
        },
    },
    timezone="UTC",
)


@worker_ready.connect
def _check_leases(**_kwargs: object) -> None:
    """Refuse to work with a lease shorter than a channel's longest call."""
    from promo.services import channels  # noqa: PLC0415  (needs Django's apps, set up by now)

    channels.check_deadlines()


@before_task_publish.connect(sender="tasks.upkeep.tick")
def _note_beat(**_kwargs: object) -> None:
    """Beat is alive when it says "tick"; nobody else does."""
    from promo.services import health  # noqa: PLC0415  (needs Django's apps, set up by now)

    health.note_beat()
