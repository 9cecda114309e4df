"""What a worker has followed takes none of its places, whatever becomes of the acknowledgement."""

from __future__ import annotations

from pathlib import Path

from config.celery import app
from config.hints import HintRequest
from promo.embedded import Layout, Redis, broker_url
from tasks import publishing
from tests.processes import Doomed


def test_a_hint_whose_acknowledgement_is_lost_leaves_its_place_to_the_next(tmp_path: Path) -> None:
    broker = Redis(Layout(tmp_path))
    broker.start()
    try:
        with app.connection_for_write(broker_url(tmp_path)) as line:
            channel = line.channel()
            channel.basic_qos(0, 1, False)  # noqa: FBT003  (kombu's own signature)
            publishing.publish.apply_async((1,), producer=app.amqp.Producer(channel))
            message = app.amqp.queues["publish"](channel).get()
            assert not channel.qos.can_consume()
            assert broker.pid is not None
            Doomed(broker.pid).kill9_alone()
            request = HintRequest(
                message,
                app=app,
                task=publishing.publish,
                on_ack=message.ack_log_error,
                connection_errors=line.connection_errors,
            )
            request.acknowledge()
            assert not message.acknowledged
            assert channel.qos.can_consume()
    finally:
        broker.stop()


def test_every_task_is_done_with_its_hint_in_this_way() -> None:
    ours = [task for name, task in app.tasks.items() if name.startswith("tasks.")]
    assert ours
    assert {task.Request for task in ours} == {"config.hints:HintRequest"}
