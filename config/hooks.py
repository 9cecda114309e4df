"""What django-anymail is told: which providers may speak to us, and how they prove who they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from promo.errors import ConfigurationError

_OWN_KEYS = "ANYMAIL_"


def anymail(
    providers: Sequence[str], *, secret: str, environ: Mapping[str, str]
) -> dict[str, str | bool]:
    """Its settings: the secret, and all variables whose names begin with ANYMAIL_.

    Raises ConfigurationError for providers without a secret: anybody could end subscriptions.
    """
    if not providers:
        return {}
    if ":" not in secret:
        message = "PROMO_HOOKS needs PROMO_HOOKS_SECRET: user:password (see docs/operations.md)."
        raise ConfigurationError(message)
    own = {
        name.removeprefix(_OWN_KEYS): value
        for name, value in environ.items()
        if name.startswith(_OWN_KEYS)
    }
    return {**own, "WEBHOOK_SECRET": secret, "AMAZON_SES_AUTO_CONFIRM_SNS_SUBSCRIPTIONS": False}
