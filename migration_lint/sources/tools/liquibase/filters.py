"""Which changeSets run: contexts, labels and databases.

https://docs.liquibase.com/concepts/changelogs/attributes/contexts.html. Without contexts given, every
changeSet runs, whatever its own; so it is with labels.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct

_WORD = re.compile(r"\(|\)|!|,|[^\s(),!]+")


class Filter(Struct, frozen=True):
    """What a run is for: the database's short name, and the contexts and label filter given to it."""

    database: str = "postgresql"
    contexts: tuple[str, ...] = ()
    labels: str = ""

    def database_matches(self, wanted: str | None) -> bool:
        """Whether the database is in a ``dbms`` list: ``postgresql,mysql``, ``!h2``, ``all``, ``none``."""
        names = {name.strip().lower() for name in (wanted or "").split(",") if name.strip()}
        if not names or "all" in names:
            return True
        if "none" in names or f"!{self.database}" in names:
            return False
        plain = {name for name in names if not name.startswith("!")}
        return not plain or self.database in plain

    def context_matches(self, expression: str | None) -> bool:
        """Whether a context expression is true of the contexts given."""
        if not expression or not expression.strip():
            return True
        given = {context.lower() for context in self.contexts}
        if not given:
            return "@" not in expression
        return _value(expression, lambda name: name.removeprefix("@").lower() in given)

    def labels_match(self, labels: str | None) -> bool:
        """Whether the label filter is true of a changeSet's labels."""
        own = {label.strip().lower() for label in (labels or "").split(",") if label.strip()}
        if not self.labels.strip() or not own:
            return True
        return _value(self.labels, lambda name: name.lower() in own)


def _value(expression: str, holds: Callable[[str], bool]) -> bool:
    """``and``, ``or``, ``not``, ``!``, parentheses; a comma is the weakest ``or``."""
    words = _WORD.findall(expression)
    at = 0

    def peek() -> str:
        return words[at].lower() if at < len(words) else ""

    def either(level: int) -> bool:
        nonlocal at
        if level == 3:
            return single()
        operator = (",", "or", "and")[level]
        value = either(level + 1)
        while peek() == operator:
            at += 1
            other = either(level + 1)
            value = (value and other) if operator == "and" else (value or other)
        return value

    def single() -> bool:
        nonlocal at
        word = peek()
        written = words[at] if at < len(words) else ""
        at += 1
        if word in ("!", "not"):
            return not single() if at < len(words) else False
        if word == "(":
            value = either(0)
            at += peek() == ")"
            return value
        return holds(written)

    return either(0)
