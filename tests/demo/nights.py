"""The worst moment for a newcomer: on a Sunday at three in the morning all is quiet."""

from datetime import UTC, datetime

NIGHT = datetime(2026, 11, 22, 2, 0, 20, tzinfo=UTC)
