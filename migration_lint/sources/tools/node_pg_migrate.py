"""node-pg-migrate: SQL files with ``-- Up Migration`` and ``-- Down Migration`` in them, or JavaScript.

All that is pending runs in one transaction. Only a migration in JavaScript can leave it, with
``pgm.noTransaction()``. https://salsita.github.io/node-pg-migrate/migrations/
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from migration_lint.model import Document, TransactionMode
from migration_lint.sources.code.files import JavaScriptFiles
from migration_lint.sources.folder import Folder
from migration_lint.sources.manifests import mentions
from migration_lint.sources.marks import says_nothing
from migration_lint.sources.scripts import section
from migration_lint.sources.source import Request
from migration_lint.sources.sql_files import Built, Named, plain

if TYPE_CHECKING:
    from migration_lint.sources.code.javascript import Parsed

_NAME = re.compile(r"([0-9]+)[_-].*\.sql\Z")
_UP = re.compile(r"^\s*--[\s-]*up\s+migration[^\r\n]*", re.MULTILINE | re.IGNORECASE)
_DOWN = re.compile(r"^\s*--[\s-]*down\s+migration[^\r\n]*", re.MULTILINE | re.IGNORECASE)


class NodePgMigrate(JavaScriptFiles):
    """The reader of node-pg-migrate's folders."""

    name = "node-pg-migrate"
    outside_transaction = "in JavaScript, with pgm.noTransaction()"
    late = "node-pg-migrate stops, unless it is run with --no-check-order"
    form = "NUMBER_name.sql"
    unique = True
    mark = re.compile(r"\bpgm\b")
    sql = re.compile(r"pgm\.(?:sql|db\.query)")
    nothing = re.compile(r"pgm\.noTransaction")
    hint = (
        "Write it as SQL in pgm.sql(`…`), or check what `node-pg-migrate up --dry-run` prints with"
        " `migration-lint check -`"
    )

    def recognises(self, folder: Folder) -> str | None:
        """The tool's marks, or its name in ``package.json``."""
        if (marked := super().recognises(folder)) is not None:
            return marked
        if any(_UP.search(text) for text in folder.sample):
            return "-- Up Migration marks"
        if any(_NAME.match(name) for name in folder.sql):
            return mentions(folder.path, "package.json", self.name)
        return None

    def named(self, file: str) -> Named | None:
        """The number that the name begins with."""
        match = _NAME.match(file)
        return plain(file, match.group(1)) if match else None

    def named_code(self, file: str) -> Named | None:
        """The same for a file in JavaScript or TypeScript."""
        made = super().named_code(file)
        number = re.match("[0-9]+", file)
        return Named(made.id, int(number.group()), made.aliases) if made and number else made

    def is_outside(self, parsed: Parsed) -> bool:
        """``pgm.noTransaction()``."""
        from migration_lint.sources.code.javascript import is_called

        return is_called(parsed, re.compile(r"pgm\.noTransaction"))

    def built(self, document: Document, request: Request) -> Sequence[Built]:
        """The parts after the marks; without a mark all of the file is up."""
        text = document.text
        up_mark, down_mark = _UP.search(text), _DOWN.search(text)
        start = up_mark.end() if up_mark else 0
        end = down_mark.start() if down_mark and down_mark.start() >= start else len(text)
        up = section(document, [(start, end)], TransactionMode.ONE)
        if down_mark is None:
            return [Built(up)]
        after = up_mark.start() if up_mark and up_mark.start() > down_mark.start() else len(text)
        down = section(document, [(down_mark.end(), after)], TransactionMode.ONE)
        return [Built(up, None if says_nothing(down.sql) else down)]


SOURCE = NodePgMigrate()
