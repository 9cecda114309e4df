"""The wiring: settings from the environment, Celery, addresses, WSGI."""
