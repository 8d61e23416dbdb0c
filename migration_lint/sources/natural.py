"""Names in the order in which people number them: ``2_b`` before ``10_a``."""

from __future__ import annotations

import re

_DIGITS = re.compile("([0-9]+)")
_SMALLEST_DATE = 19700101


def natural_key(name: str) -> tuple[tuple[str | int, ...], str]:
    """A sort key that compares runs of digits as numbers; names that differ never compare equal."""
    parts: list[str | int] = list(_DIGITS.split(name))
    parts[1::2] = [int(part) for part in parts[1::2]]
    return tuple(parts), name


def leading_number(name: str) -> int | None:
    """The number that the name begins with."""
    match = _DIGITS.match(name)
    return int(match.group()) if match else None


def begins(number: int | None) -> bool:
    """Whether the first number of a history says that nothing came before it.

    0 and 1 begin a count. A date or time stamp may begin a history and mostly does; any other
    number shows that earlier files are gone, and no number says nothing.
    """
    return number is not None and (number <= 1 or number >= _SMALLEST_DATE)
