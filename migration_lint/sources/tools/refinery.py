"""refinery: ``V1__create_users.sql``, and ``U2__…`` for what may come out of order.

Each migration runs in a transaction; an SQL file cannot leave it.
https://docs.rs/refinery/latest/refinery/
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from migration_lint.model import Document, TransactionMode
from migration_lint.sources.folder import Folder, is_file, nearest
from migration_lint.sources.manifests import mentions
from migration_lint.sources.scripts import section
from migration_lint.sources.source import Request
from migration_lint.sources.sql_files import Built, Named, SqlFiles

_NAME = re.compile(r"([UV])([0-9]+(?:\.[0-9]+)?)__(\w+)\.sql\Z")


class Refinery(SqlFiles):
    """The reader of refinery's folders."""

    name = "refinery"
    precedence = 30
    outside_transaction = "run by hand: refinery runs every SQL file in a transaction"
    checksums = True
    edited = "refinery stops wherever it has run: the checksum is another"
    removed = "refinery stops wherever it has run: it is missing"
    late = "refinery stops on every database that has run a newer one, unless its name begins with U"
    form = "V1__name.sql"
    code = ("rs",)

    def recognises(self, folder: Folder) -> str | None:
        """refinery's file names in a crate that depends on it, or beside its ``refinery.toml``."""
        if not any(_NAME.match(name) for name in folder.sql):
            return None
        configuration = nearest(folder.path, ("refinery.toml",))
        if configuration is not None and is_file(configuration):
            return configuration
        return mentions(folder.path, "Cargo.toml", self.name)

    def named(self, file: str) -> Named | None:
        """The version after the letter."""
        match = _NAME.match(file)
        if match is None:
            return None
        letter, version, _ = match.groups()
        parts = tuple(int(part) for part in version.split("."))
        return Named(f"{letter}{version}", parts, (version, file, file[:-4]))

    def built(self, document: Document, request: Request) -> Sequence[Built]:
        """The whole file; there is no way back."""
        return [Built(section(document, [(0, len(document.text))], TransactionMode.ONE))]


SOURCE = Refinery()
