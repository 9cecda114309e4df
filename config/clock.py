"""Beat's own small Celery: `celery -A config.clock beat`.

Beat sends one task by its name, so it needs neither the tasks nor Django's apps: half the memory.
"""

import os
from datetime import timedelta

from celery import Celery
from celery.signals import before_task_publish
from redis import Redis

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.conf import settings

from config.broker import BROKER

TICK = "tasks.upkeep.tick"
BEAT_SECONDS = 20

# Not the current app: who imports both must go on handing out through config.celery.
app = Celery("promo", fixups=[], set_as_current=False)
app.conf.update(
    **BROKER,
    beat_schedule={
        "tick": {
            "task": TICK,
            "schedule": timedelta(seconds=1),
            "options": {"expires": 5, "queue": "upkeep"},
        },
    },
)


@before_task_publish.connect(sender=TICK)
def _note_beat(**_kwargs: object) -> None:
    """Beat's sign of life, which ends by itself; `promo.services.health` looks for it."""
    client = Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)
    client.set(settings.BEAT_KEY, "1", ex=BEAT_SECONDS)
