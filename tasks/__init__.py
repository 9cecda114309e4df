"""Celery's door into promo. A task carries an id, calls one service, and returns."""
