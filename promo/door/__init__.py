"""The guarded HTTP door: the one way from Promo out to the web.

A stranger's address (a feed, a picture) must not lead us into our own network, hold us for ever or
fill our memory. `fetch` reads one address; `open_session` gives a channel's client an ordinary
`requests` session with the same guard, and `total_deadline` bounds a whole conversation.

What we believe
    The address is judged where the connection is made, by the one look-up that is connected to.
    Trust is handed in: a `Guard` names the hosts an operator vouches for. Nothing is found out.
    A total deadline is total, whatever the other side does.
"""

from promo.door.fetching import Fetched, fetch
from promo.door.guard import Guard
from promo.door.sessions import GuardedSession, open_session, total_deadline

__all__ = ["Fetched", "Guard", "GuardedSession", "fetch", "open_session", "total_deadline"]
