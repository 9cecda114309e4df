"""The website: the page of every item, the agenda, the feeds and the calendar.

`Channel` composes an entry and gives its receipt. `pages` builds what the public templates show,
`feeds` writes RSS, Atom, JSON Feed and iCalendar, `jsonld` and `opengraph` speak to machines. All
of it is pure: plain values in, text or bytes out.
"""

from promo.channels.website.channel import Channel

__all__ = ["Channel"]
