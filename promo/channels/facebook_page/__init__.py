"""Posts on the library's Facebook page, over the Graph API.

`channel.py` keeps the contract, `composing.py` and `rules.py` are the pure half, `client.py` talks
to the network, `graph_errors.py` is the table of what Facebook's refusals mean.
"""

from promo.channels.facebook_page.channel import Channel

__all__ = ["Channel"]
