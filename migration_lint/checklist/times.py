"""Spans of time in words."""

from __future__ import annotations

_UNITS = ((86400, "d"), (3600, "h"), (60, "min"))


def ago(seconds: float) -> str:
    """``42 s``, ``38 min``, ``7 h``, ``3 d``: rounded down."""
    for size, name in _UNITS:
        if seconds >= size:
            return f"{int(seconds // size)} {name}"
    return f"{max(0, int(seconds))} s"
