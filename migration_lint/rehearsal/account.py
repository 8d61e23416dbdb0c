"""Whom to run a server as: PostgreSQL refuses to run as root."""

from __future__ import annotations

import os
import sys
from typing import TypedDict

from migration_lint.errors import UsageError

Account = tuple[int, int]
"""User id and group id."""


class Identity(TypedDict, total=False):
    """What `subprocess` wants to know to run a program as somebody."""

    user: int
    group: int
    extra_groups: list[int]


def unprivileged() -> Account | None:
    """The account to run a server as; None where the present user will do. Raises UsageError."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    import pwd

    accounts = {entry.pw_name: entry for entry in pwd.getpwall() if entry.pw_uid != 0}
    for name in ("nobody", "daemon", *accounts):
        if name in accounts:
            return accounts[name].pw_uid, accounts[name].pw_gid
    raise UsageError("PostgreSQL does not run as root, and this machine has no other account")


def identity(account: Account | None) -> Identity:
    """The account as arguments of `subprocess`."""
    if account is None:
        return {}
    return {"user": account[0], "group": account[1], "extra_groups": []}
