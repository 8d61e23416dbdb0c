"""pgroll: ``01_create_users.yaml`` or ``.json``, a list of operations that run as expand and contract.

An operation `sql` holds the SQL itself, with its way back; pgroll sets a lock_timeout of 500 ms before
it. What the others run is pgroll's own, and is not read. https://pgroll.com/docs
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from migration_lint.model import Document
from migration_lint.sources.folder import Folder, head
from migration_lint.sources.source import Request
from migration_lint.sources.sql_files import Built, Named, SqlFiles

_NAME = re.compile(r"([0-9]+)_.*\.(?:ya?ml|json)\Z")
_MARK = re.compile(r'^operations\s*:|^\s*\{?\s*"operations"\s*:', re.MULTILINE)


class Pgroll(SqlFiles):
    """The reader of pgroll's folders."""

    name = "pgroll"
    precedence = 20
    outside_transaction = "in an operation `sql` that holds this statement alone"
    form = "NUMBER_name.yaml"
    code = ("json", "yaml", "yml")
    strays = ("json", "yaml", "yml")

    def recognises(self, folder: Folder) -> str | None:
        """Numbered files that hold operations."""
        names = [name for name in folder.files if _NAME.match(name)]
        marked = [name for name in names[:5] if _MARK.search(head(folder.join(name)))]
        return f"operations in {marked[0]}" if marked else None

    def named(self, file: str) -> Named | None:
        """pgroll runs no SQL file."""
        return None

    def named_code(self, file: str) -> Named | None:
        """Files run in the order of their names."""
        if _NAME.match(file) is None:
            return None
        stem = file.rpartition(".")[0]
        return Named(stem, stem, (file, stem.partition("_")[0]))

    def built(self, document: Document, request: Request) -> Sequence[Built]:
        """A migration that has no name."""
        return self.built_code(document, request)

    def built_code(self, document: Document, request: Request) -> Sequence[Built]:
        """The SQL of its operations `sql`; the others are told."""
        from migration_lint.sources.tools.pgroll.operations import built

        return [built(document)]


SOURCE = Pgroll()
