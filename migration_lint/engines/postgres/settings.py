"""Session settings that matter to a migration: timeouts, ``search_path``, the time zone.

https://www.postgresql.org/docs/current/runtime-config-client.html
"""

from __future__ import annotations

import re

from msgspec.structs import replace

from migration_lint.model import Session

_UNITS = {"us": 0.001, "ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
_DURATION = re.compile(r"\s*(?P<number>\d+(?:\.\d*)?|\.\d+)\s*(?P<unit>us|ms|s|min|h|d)?\s*\Z")
_TIMEOUTS = {
    "lock_timeout": "lock_timeout",
    "statement_timeout": "statement_timeout",
    "idle_in_transaction_session_timeout": "idle_timeout",
}


def milliseconds(text: str) -> int | None:
    """A timeout's value as the server reads it; None where it would refuse the text.

    A number without a unit is milliseconds.
    """
    match = _DURATION.match(text)
    if match is None:
        return None
    return round(float(match["number"]) * _UNITS[match["unit"] or "ms"])


def with_setting(session: Session, name: str, value: str | None) -> Session:
    """The session after SET `name` to `value`; None is RESET or DEFAULT, the name ``all`` resets all."""
    if name == "all":
        return replace(
            session,
            lock_timeout=None,
            statement_timeout=None,
            idle_timeout=None,
            search_path=("public",),
            time_zone=None,
            settings=(),
        )
    if name in _TIMEOUTS:
        return replace(session, **{_TIMEOUTS[name]: None if value is None else milliseconds(value)})
    if name == "search_path":
        return replace(session, search_path=_schemas(value))
    if name == "timezone":
        return replace(session, time_zone=value)
    others = tuple((known, old) for known, old in session.settings if known != name)
    return replace(session, settings=others if value is None else (*others, (name, value)))


def _schemas(value: str | None) -> tuple[str, ...]:
    if value is None:
        return ("public",)
    parts = [part.strip() for part in value.split(",")]
    names = [part[1:-1] if part.startswith('"') else part.lower() for part in parts if part]
    return tuple(name for name in names if name and name != "pg_catalog")
