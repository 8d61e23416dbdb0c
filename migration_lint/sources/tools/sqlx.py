"""sqlx: ``20240102030405_create_users.sql``, or the same with ``.up.sql`` and ``.down.sql``.

A file is sent whole, in a transaction unless it begins with ``-- no-transaction``. The server then
still wraps several statements in one. https://docs.rs/sqlx/latest/sqlx/macro.migrate.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec.structs import replace

from migration_lint.model import Document, Error, TransactionMode
from migration_lint.sources.folder import Folder, nearest
from migration_lint.sources.manifests import mentions
from migration_lint.sources.scripts import entry, error_at, section
from migration_lint.sources.source import Entry, Gap, Reading, Request
from migration_lint.sources.sql_files import Built, Named, SqlFiles
from migration_lint.sources.text import read

_NAME = re.compile(r"(-?[0-9]+)_(.*?)(\.up|\.down)?\.sql\Z")
_OPT_OUT = "-- no-transaction"


class Sqlx(SqlFiles):
    """The reader of sqlx's folders."""

    name = "sqlx"
    precedence = 30
    outside_transaction = f"whose file begins with {_OPT_OUT} and holds no other statement"
    checksums = True
    edited = "sqlx stops wherever it has run: the checksum is another"
    removed = "sqlx stops wherever it has run: it is missing"
    late = "sqlx runs it after newer ones where those have run, and before them elsewhere"
    duplicate = "sqlx stops: the version is in its table already"
    form = "NUMBER_name.sql"

    def recognises(self, folder: Folder) -> str | None:
        """Numbered files in a crate that depends on sqlx, or one with its opt-out from transactions."""
        if not any(_NAME.match(name) for name in folder.sql):
            return None
        if any(text.startswith(_OPT_OUT) for text in folder.sample):
            return f"{_OPT_OUT} at the beginning of a file"
        configuration = nearest(folder.path, ("sqlx.toml",))
        return configuration or mentions(folder.path, "Cargo.toml", self.name)

    def named(self, file: str) -> Named | None:
        """The number before the first underscore."""
        match = _NAME.match(file)
        if match is None or match.group(3) == ".down":
            return None
        id = f"{match.group(1)}_{match.group(2)}"
        return Named(id, int(match.group(1)), (match.group(1), str(int(match.group(1))), file))

    def read(self, folder: Folder, request: Request) -> Sequence[Reading]:
        """One migration per version, with its down script where there is one."""
        configuration = nearest(folder.path, ("sqlx.toml",))
        downs = _downs(folder)
        names = [name for name in folder.files if name[0] != "." and name not in downs.values()]
        reading = self.read_names(folder, names, request, [configuration] if configuration else ())
        entries: list[Entry] = []
        errors = list(reading.errors)
        for each in reading.entries:
            name = downs.pop(int(each.migration.id.partition("_")[0]), None)
            document = read(folder.join(name), request.encoding) if name else None
            if isinstance(document, Error):
                errors.append(document)
            entries.append(_with_down(each, document) if isinstance(document, Document) else each)
        why = "sqlx runs it after an up script of the same number, and there is none"
        gaps = [Gap(Error(folder.join(name), 1, why), len(entries)) for name in downs.values()]
        complete = reading.complete and not errors
        return (
            replace(
                reading,
                entries=tuple(entries),
                errors=tuple(errors),
                gaps=(*reading.gaps, *gaps),
                complete=complete,
            ),
        )

    def built(self, document: Document, request: Request) -> Sequence[Built]:
        """The whole file."""
        errors = []
        at = document.text.find(f"\n{_OPT_OUT}") + 1
        if at and not document.text.startswith(_OPT_OUT) and not document.text[:at].strip():
            why = f"{_OPT_OUT} counts only as the very first characters of the file"
            errors.append(error_at(document, at, why))
        return [Built(section(document, [(0, len(document.text))], _mode(document)), None, tuple(errors))]


def _downs(folder: Folder) -> dict[int, str]:
    matches = (match for match in map(_NAME.match, folder.sql) if match is not None)
    return {int(match.group(1)): match.group() for match in matches if match.group(3) == ".down"}


def _mode(document: Document) -> TransactionMode:
    return TransactionMode.NONE if document.text.startswith(_OPT_OUT) else TransactionMode.ONE


def _with_down(known: Entry, document: Document) -> Entry:
    down = section(document, [(0, len(document.text))], _mode(document))
    return entry(Sqlx.name, known.migration.id, known.migration.up, down, aliases=known.aliases)


SOURCE = Sqlx()
