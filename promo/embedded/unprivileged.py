"""Starting a program that refuses to run as root, and one that must not outlive its starter.

Both go through `setpriv` (package util-linux, part of every Debian, Ubuntu and Fedora).
"""

from __future__ import annotations

import os
import pwd
import shutil
from pathlib import Path

from promo.errors import ConfigurationError


def dying_with_parent(signal_name: str) -> list[str]:
    """What to put before a command so that it gets the signal when its starter is killed.

    Empty where the system has no `setpriv` (macOS). The starter is the thread, not the process:
    see PR_SET_PDEATHSIG(2const).
    """
    setpriv = shutil.which("setpriv")
    return [setpriv, f"--pdeathsig={signal_name}"] if setpriv else []


def as_owner(place: Path, *, dying_on: str) -> list[str]:
    """What to put before a command so that root runs it as the owner of `place`.

    That account may be unable to walk down to `place` or to our virtual environment (both may be
    below /root). It is given the one right to read past directories, instead of giving those
    directories wider rights. For an ordinary user it is `dying_with_parent`. Raises
    `ConfigurationError`.
    """
    prefix = dying_with_parent(dying_on)
    if os.geteuid() != 0:
        return prefix
    if not prefix:
        raise ConfigurationError(
            "PostgreSQL does not run as root. Start Promo as an ordinary user, "
            "or install the program setpriv (package util-linux)."
        )
    owner = place.stat()
    right = _right_to_pass()
    return [
        *prefix,
        f"--reuid={owner.st_uid}",
        f"--regid={owner.st_gid}",
        "--clear-groups",
        "--no-new-privs",
        f"--inh-caps=-all,+{right}",
        f"--ambient-caps=-all,+{right}",
        f"--bounding-set=-all,+{right}",
    ]


def give_to_account(place: Path) -> None:
    """Where root owns `place`, make an unprivileged account the owner of it and all within."""
    if os.geteuid() == 0 and place.stat().st_uid == 0:
        account = _account()
        for path in (*place.rglob("*"), place):
            os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)


def give_to_owner_of(other: Path, place: Path) -> None:
    """Make the owner of `other` the owner of `place`, if we are root."""
    if os.geteuid() == 0:
        owner = other.stat()
        os.chown(place, owner.st_uid, owner.st_gid)


def _account() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise ConfigurationError("There is no account 'nobody' here. Start Promo as an ordinary user.")


def _right_to_pass() -> str:
    """The smallest capability of ours that reads past directories (Docker drops the first)."""
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    effective = int(status.partition("CapEff:")[2].split()[0], 16)
    for bit, name in ((2, "dac_read_search"), (1, "dac_override")):  # linux/capability.h
        if effective >> bit & 1:
            return name
    raise ConfigurationError(
        "PostgreSQL does not run as root, and this root may not hand rights to another account. "
        "Start Promo as an ordinary user."
    )
