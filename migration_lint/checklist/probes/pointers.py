"""JSON pointers (RFC 6901), and moments in the forms that programs write them."""

from __future__ import annotations

import re
from datetime import datetime, timezone

from migration_lint.checklist.unanswered import Unanswered

_ISO = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?)(?:[.,](\d+))?\s*(Z|[+-]\d\d:?(?:\d\d)?)?")


def at_pointer(document: object, pointer: str) -> object:
    """What stands there; None where nothing does. ``-1`` is the last of a list, ``""`` the whole."""
    if pointer in ("", "/"):
        return document
    for part in pointer.removeprefix("/").split("/"):
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(document, dict):
            document = document.get(name)
        elif isinstance(document, list) and re.fullmatch(r"-?\d+", name):
            number = int(name)
            document = document[number] if -len(document) <= number < len(document) else None
        else:
            return None
    return document


def moment(value: object) -> datetime:
    """Seconds since 1970, or ISO 8601 with a zone (up to nine digits of a second), as UTC.

    Raises `Unanswered` where it is neither: a time without a zone is not guessed at.
    """
    if isinstance(value, str) and re.fullmatch(r"\d{9,11}(\.\d+)?", value):
        value = float(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < 1e11:
        return datetime.fromtimestamp(value, timezone.utc)
    found = _ISO.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None or found[3] is None:
        raise Unanswered(f"{value!r} is no time with a zone (2026-11-22T06:10:02Z)")
    zone = found[3].replace("Z", "+00:00")
    zone = zone if ":" in zone else f"{zone[:3]}:{zone[3:] or '00'}"
    fraction = f".{found[2][:6]:0<6}" if found[2] else ""
    try:
        return datetime.fromisoformat(f"{found[1]}{fraction}{zone}").astimezone(timezone.utc)
    except ValueError as error:
        raise Unanswered(f"{value!r} is no time") from error
