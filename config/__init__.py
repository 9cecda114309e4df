"""The wiring: settings from the environment, Celery, addresses, WSGI."""

import gc

# Django and Wagtail make a hundred thousand objects that stay. Looked through for cycles every 700
# new ones, as Python does by itself, they take a sixth of a start.
gc.set_threshold(20_000, 20, 100)
