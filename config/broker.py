"""How Celery's processes reach the broker: what worker, tick and beat must agree on."""

from django.conf import settings

# One constant for the places that must agree (celery docs, backends-and-brokers/redis).
VISIBILITY_TIMEOUT = 900

BROKER = {
    "broker_url": settings.CELERY_BROKER_URL,
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,
    "broker_transport_options": {
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
    "timezone": "UTC",
}
