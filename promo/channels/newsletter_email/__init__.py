"""The newsletter by e-mail.

`channel.py` keeps the contract. `composing.py` makes the message: `views.py`, `facts.py` and
`subjects.py` say what is in it, `templates/newsletter_email/` how it looks, `finishing.py` makes
MJML's HTML accessible. `rules.py` and `accessibility.py` are the checks before approval.
"""

from promo.channels.newsletter_email.channel import Channel, preview_html

__all__ = ["Channel", "preview_html"]
