"""sql-migrate: files with ``-- +migrate Up`` and ``-- +migrate Down`` in them.

The order is by the number that a name begins with, then by name. A direction runs in one
transaction unless its mark says ``notransaction``; statements are sent one by one, and end as
goose's do. https://github.com/rubenv/sql-migrate#writing-migrations
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from migration_lint.model import Document, Error, TransactionMode
from migration_lint.sources.folder import Folder, nearest
from migration_lint.sources.marks import Line, cut_quote, lines, says_nothing
from migration_lint.sources.scripts import error_at, section
from migration_lint.sources.source import Reading, Request
from migration_lint.sources.sql_files import Built, Named, SqlFiles

_MARK = re.compile(r"^-- \+migrate (?:Up|Down)\b", re.MULTILINE)
_COMMAND = re.compile(r"-- \+migrate (\w+)(.*)")
_NUMBER = re.compile(r"[0-9]+")
_FILES = ("dbconfig.yml", "dbconfig.yaml")


class SqlMigrate(SqlFiles):
    """The reader of sql-migrate's folders."""

    name = "sql-migrate"
    precedence = 20
    outside_transaction = "with -- +migrate Up notransaction at its top"
    removed = "sql-migrate stops wherever it has run: it knows no such migration"
    late = "sql-migrate runs it after newer ones where those have run, and before them elsewhere"
    form = "NAME.sql"
    unique = False

    def recognises(self, folder: Folder) -> str | None:
        """sql-migrate's marks."""
        if any("-- +migrate" in text and _MARK.search(text) for text in folder.sample):
            return "-- +migrate marks"
        return None

    def named(self, file: str) -> Named | None:
        """Any SQL file; the tool knows it by its whole name."""
        if not file.endswith(".sql"):
            return None
        number = _NUMBER.match(file)
        stem = file[:-4]
        if number is None:
            return Named(stem, file, (file,))
        return Named(stem, int(number.group()), (number.group(), file))

    def read(self, folder: Folder, request: Request) -> Sequence[Reading]:
        """One migration per file."""
        configuration = nearest(folder.path, _FILES)
        names = [name for name in folder.files if name[0] != "."]
        return (self.read_names(folder, names, request, [configuration] if configuration else ()),)

    def built(self, document: Document, request: Request) -> Sequence[Built]:
        """The parts after each ``Up``, and after each ``Down``."""
        parts: dict[str, list[tuple[int, int]]] = {"Up": [], "Down": []}
        modes = {"Up": TransactionMode.ONE, "Down": TransactionMode.ONE}
        begun: tuple[str, int] | None = None
        for line, word, options in _commands(document):
            if word not in parts:
                continue
            if begun is not None:
                parts[begun[0]].append((begun[1], line.start))
            begun = word, line.end
            if "notransaction" in options.split():
                modes[word] = TransactionMode.EACH
        if begun is not None:
            parts[begun[0]].append((begun[1], len(document.text)))
        if not parts["Up"] and not parts["Down"]:
            why = "sql-migrate refuses the file: it has neither -- +migrate Up nor -- +migrate Down"
            return [Built(None, None, (Error(document.path, 1, why),))]
        up = section(document, parts["Up"], modes["Up"])
        down = section(document, parts["Down"], modes["Down"])
        return [Built(up, None if says_nothing(down.sql) else down, tuple(_cut_statements(document)))]


def _commands(document: Document) -> list[tuple[Line, str, str]]:
    found = []
    for line in lines(document.text):
        match = _COMMAND.match(line.text)
        if match is not None:
            found.append((line, match.group(1), match.group(2)))
    return found


def _cut_statements(document: Document) -> list[Error]:
    """Where sql-migrate ends a statement inside a dollar quote, and so sends half of it."""
    whole, begun = False, 0
    if "$" not in document.text:
        return []
    for line in lines(document.text):
        match = _COMMAND.match(line.text)
        if match is not None:
            whole, begun = match.group(1) == "StatementBegin", line.end
        elif not whole and line.text.partition("--")[0].rstrip().endswith(";"):
            if cut_quote(document.text[begun : line.end]):
                why = (
                    "sql-migrate ends the statement here, in the middle of its body:"
                    " put it between -- +migrate StatementBegin and -- +migrate StatementEnd"
                )
                return [error_at(document, line.start, why)]
            begun = line.end
    return []


SOURCE = SqlMigrate()
