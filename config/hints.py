"""How a worker is done with a hint."""

from celery import Task
from celery.worker.request import Request
from kombu.transport.virtual import QoS


class HintRequest(Request):
    """A hint that takes no place in the worker once it has been followed.

    Celery only logs an acknowledgement that does not come through (worker/request.py,
    `ack_log_error`), and kombu 5.7 gets a half-open connection to Redis going again without
    starting the consumer anew. The place among the prefetched would stay taken, and when the last
    one is, the worker hears of nothing any more. Redis gives the hint once again: that is harmless.
    """

    def acknowledge(self) -> None:
        super().acknowledge()
        if not self.message.acknowledged:
            QoS.ack(self.message.channel.qos, self.message.delivery_tag)


class HintTask(Task):  # type: ignore[type-arg]  # generic in its stubs only
    """A task of ours."""

    Request = "config.hints:HintRequest"
