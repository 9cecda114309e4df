"""PostgreSQL and Redis for one machine, from wheels, without any set-up.

Both listen on unix sockets only, in a directory nobody else can enter. Their binaries are started
here and not by the wheel's own `get_server`: as root that makes an account, widens the rights of
every parent directory, and stops the server when its first user ends.

An engine lives no longer than the thread that started it (Linux, where `setpriv` is at hand); what
a `kill -9` leaves behind is cleared away by the next start. Standard library only, because the
settings import this package.
"""

from promo.embedded.layout import Layout, broker_url, database_url, redis_url
from promo.embedded.postgres import Postgres
from promo.embedded.redis import Redis

__all__ = ["Layout", "Postgres", "Redis", "broker_url", "database_url", "redis_url"]
