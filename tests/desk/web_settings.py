"""The tests' settings for a web process of its own: static files straight from their folders."""

from tests.settings import *  # noqa: F403

WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600
