"""Keys that one machine makes for itself when nobody gave it any."""

from pathlib import Path
from typing import TextIO

from cryptography.fernet import Fernet
from django.core.management.utils import get_random_secret_key


def _private_file(path: Path) -> TextIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600, exist_ok=False)
    return path.open("w", encoding="ascii")


def _kept(path: Path, fresh: str) -> str:
    """The key kept at `path`; `fresh` is written there on the first call."""
    try:
        with _private_file(path) as file:
            file.write(fresh)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    return fresh


def secret_key(home: Path) -> str:
    """Django's SECRET_KEY of this home."""
    return _kept(home / "keys" / "secret-key", get_random_secret_key())


def encryption_key(home: Path) -> str:
    """The Fernet key of this home, for the secrets of destinations."""
    return _kept(home / "keys" / "encryption-key", Fernet.generate_key().decode())
