"""The promotion desk: the domain. Celery's side is `tasks`, the wiring is `config`."""
