"""rambler: files with ``-- rambler up`` and ``-- rambler down`` in them, in the order of their names.

Each part is sent whole and without BEGIN, so that the server wraps several statements in one
transaction. Parts of one direction run one by one, and those of down in reverse.
https://github.com/elwinar/rambler#migrations
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from migration_lint.model import Document, Error, TransactionMode
from migration_lint.sources.folder import Folder, nearest
from migration_lint.sources.marks import says_nothing
from migration_lint.sources.scripts import section
from migration_lint.sources.source import Reading, Request
from migration_lint.sources.sql_files import Built, Named, SqlFiles

_MARK = re.compile(r"^-- rambler[ \t]+(up|down)[ \t]*\r?$", re.MULTILINE)
_FILES = ("rambler.hjson", "rambler.json")


class Rambler(SqlFiles):
    """The reader of rambler's folders."""

    name = "rambler"
    precedence = 20
    outside_transaction = "in a -- rambler up part that holds no other statement"
    late = "rambler stops: the migration is older than ones that have run"
    form = "NAME.sql"

    def recognises(self, folder: Folder) -> str | None:
        """rambler's marks."""
        return "-- rambler marks" if any(_MARK.search(text) for text in folder.sample) else None

    def named(self, file: str) -> Named | None:
        """Any SQL file; the order is that of the names."""
        return Named(file[:-4], file, (file,)) if file.endswith(".sql") else None

    def read(self, folder: Folder, request: Request) -> Sequence[Reading]:
        """One migration per file."""
        configuration = nearest(folder.path, _FILES)
        names = [name for name in folder.files if name[0] != "."]
        return (self.read_names(folder, names, request, [configuration] if configuration else ()),)

    def built(self, document: Document, request: Request) -> Sequence[Built]:
        """The parts of the file, each up part with the down part of the same number."""
        marks = list(_MARK.finditer(document.text))
        ends = [*(mark.start() for mark in marks), len(document.text)][1:]
        found = {"up": [], "down": []}  # type: dict[str, list[tuple[int, int]]]
        for mark, end in zip(marks, ends, strict=True):
            if not says_nothing(document.text[mark.end() : end]):
                found[mark.group(1)].append((mark.end(), end))
        if not found["up"]:
            return [Built(None, None, (Error(document.path, 1, "the file has no -- rambler up part"),))]
        downs = [section(document, [part], TransactionMode.NONE) for part in found["down"]]
        ups = [section(document, [part], TransactionMode.NONE) for part in found["up"]]
        return [Built(up, downs[n] if n < len(downs) else None) for n, up in enumerate(ups)]


SOURCE = Rambler()
