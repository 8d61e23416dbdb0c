"""What a change is rendered with, and the pieces that its SQL is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec import Struct

from migration_lint.model import Document
from migration_lint.sources.tools.liquibase.rendering.dialect import Dialect
from migration_lint.sources.tools.liquibase.tree import Node, Text, joined


class ChangeError(Exception):
    """Liquibase would not run the change, or what it runs is not known; the sentence says so."""


class Rendering(Struct, frozen=True):
    """The database, and the files that changes name.

    `open` takes a path as written and whether it is relative to the changelog, and raises ChangeError
    where there is no such file.
    """

    dialect: Dialect
    open: Callable[[str, bool, str | None], Document]
    apart: bool = False
    """Whether every statement is wanted on its own."""


def need(change: Node, *names: str) -> str:
    """The attribute, by the first of its names that is set. Raises ChangeError where none is."""
    for name in names:
        found = change.get(name)
        if found is not None:
            return found
    raise ChangeError(f"{change.name} has no {names[0]}: Liquibase stops there")


def said(sql: str, place: Node) -> Text:
    """SQL that an element stands for. The piece maps to the whole element, so never has its length."""
    length = place.end - place.start
    return Text(sql + " " if len(sql) == length else sql, ((0, place.start, length),) if sql else ())


def sentence(change: Node, *parts: str | Text) -> Text:
    """A statement of a change; strings stand for the change, texts keep their own places."""
    return joined(said(part, change) if isinstance(part, str) else part for part in parts if part)


def listed(change: Node, items: Iterable[Text]) -> Text:
    """Items with commas between them."""
    parts: list[str | Text] = []
    for item in items:
        parts += [", ", item] if parts else [item]
    return sentence(change, *parts)
