"""SQL that the changelog gives as it is: ``sql``, ``sqlFile``, procedures and functions."""

from __future__ import annotations

from collections.abc import Iterator

from migration_lint.model import Document
from migration_lint.sources.tools.liquibase.rendering.change import ChangeError, Rendering, need, said
from migration_lint.sources.tools.liquibase.splitting import at_semicolons, cut, cuts_a_body
from migration_lint.sources.tools.liquibase.tree import Node, Text

_ESCAPES = {"\\n": "\n", "\\r": "\r", "\\t": "\t"}


def text_of(change: Node, rendering: Rendering, *names: str) -> Text:
    """The SQL in the element, in one of the attributes, or in the file that ``path`` names.

    A file's SQL maps to the element as a whole. Raises ChangeError where there is none.
    """
    for name in names:
        found = change.text_of(name)
        if found is not None and found.value.strip():
            return _stripped(found)
    if change.text is not None:
        return _stripped(change.text)
    if change.get("path") is not None:
        return said(_file(change, rendering).text.strip(), change)
    raise ChangeError(f"{change.name} has no SQL in it: Liquibase stops there")


def _file(change: Node, rendering: Rendering) -> Document:
    relative = change.flag("relativeToChangelogFile")
    return rendering.open(need(change, "path"), relative, change.get("encoding"))


def _stripped(text: Text) -> Text:
    value = text.value
    start = len(value) - len(value.lstrip())
    return text.cut(start, len(value.rstrip()))


def sql(change: Node, rendering: Rendering) -> Iterator[Text]:
    """The statements of a ``sql`` element, where Liquibase cuts it."""
    yield from statements(change, text_of(change, rendering, "sql"), rendering)


def sql_file(change: Node, rendering: Rendering) -> Iterator[Text]:
    """The statements of another file, each mapped to the element."""
    text = _file(change, rendering).text
    if text.strip():
        yield from statements(change, said(text, change), rendering)


def statements(change: Node, text: Text, rendering: Rendering) -> Iterator[Text]:
    """The text, cut as the element's ``splitStatements`` and ``endDelimiter`` say.

    Where it is cut at semicolons alone, which is what a server's own grammar does, it stays whole: the
    comments between and behind its statements say something to linters.

    Raises ChangeError where the cut goes through the body of a function.
    """
    delimiter = change.text_of("endDelimiter")
    if not change.flag("splitStatements", default=True):
        yield _stripped(text)
        return
    written = delimiter.value if delimiter is not None and delimiter.value.strip() else None
    if written is not None:
        for escape, meant in _ESCAPES.items():
            written = (
                written.replace(escape, meant) if "\\s" not in written and "|" not in written else written
            )
    bounds = cut(text.value, written)
    body = cuts_a_body(text.value, bounds)
    if body is not None:
        raise BodyCutError(text.cut(body, body + 1).pieces[0][1])
    if bounds and written is None and not rendering.apart and at_semicolons(text.value):
        yield _stripped(text)
        return
    for start, end in bounds:
        yield text.cut(start, end)


class BodyCutError(ChangeError):
    """Liquibase would cut a dollar-quoted body in pieces."""

    def __init__(self, offset: int) -> None:
        super().__init__(
            "Liquibase cuts this body at a semicolon, as it knows no dollar quotes: set splitStatements to"
            " false, or an endDelimiter"
        )
        self.offset = offset


def create_procedure(change: Node, rendering: Rendering) -> Iterator[Text]:
    """The text, whole."""
    text = text_of(
        change, rendering, "procedureText", "procedureBody", "functionText", "triggerText", "packageText"
    )
    end = len(text.value.rstrip("; \t\r\n"))
    yield text.cut(0, end)


def drop_procedure(change: Node, rendering: Rendering) -> Iterator[Text]:
    """DROP PROCEDURE."""
    name = rendering.dialect.table(change.get("schemaName"), need(change, "procedureName"))
    yield said(f"DROP PROCEDURE {name}", change)
