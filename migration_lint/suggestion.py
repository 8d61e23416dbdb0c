"""The name that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable


def suggestion(name: str, known: Iterable[str]) -> str:
    """``; did you mean 'x'?`` for the known name nearest to one that is not, empty where none is near."""
    from difflib import get_close_matches

    spelled = {other.replace("_", "-").lower(): other for other in known}
    close = get_close_matches(name.replace("_", "-").lower(), list(spelled), 1, 0.6)
    return f"; did you mean {spelled[close[0]]!r}?" if close else ""
