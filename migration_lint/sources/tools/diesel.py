"""diesel, and others like it: one sub-folder per migration, with ``up.sql`` and perhaps ``down.sql``.

diesel orders by the text before the first ``_`` without its dashes, wraps a script in a
transaction, and sends it whole without one where ``metadata.toml`` has no
``run_in_transaction = true``. https://docs.rs/diesel_migrations
"""

from __future__ import annotations

from collections.abc import Sequence

from migration_lint.model import Document, DownOrigin, Error, Migration, Script, TransactionMode
from migration_lint.sources.folder import Folder, above, exists, is_file, join, listed
from migration_lint.sources.natural import begins, leading_number, natural_key
from migration_lint.sources.source import Entry, Gap, Reading, Request, Source
from migration_lint.sources.text import read
from migration_lint.sources.toml import parse_toml

_UP, _DOWN, _SETTINGS = "up.sql", "down.sql", "metadata.toml"
_SAMPLE = 25


class Diesel(Source):
    """The reader of folders of folders."""

    name = "diesel"
    precedence = 40
    outside_transaction = "with run_in_transaction = false in its metadata.toml, and no other statement"

    def recognises(self, folder: Folder) -> str | None:
        """No SQL of its own, and an ``up.sql`` in a sub-folder (the first and the last few are tried)."""
        if folder.sql:
            return None
        tried = [name for name in folder.folders if name[0] != "."]
        tried = tried[:_SAMPLE] + tried[-_SAMPLE:]
        found = next((name for name in tried if is_file(join(folder.join(name), _UP))), None)
        return None if found is None else f"{found}/{_UP}"

    def home(self, folder: Folder) -> str | None:
        """The folder above one with an ``up.sql``."""
        if _UP not in folder.files:
            return None
        return above(folder.path)

    def read(self, folder: Folder, request: Request) -> Sequence[Reading]:
        """One migration per sub-folder."""
        entries: list[Entry] = []
        errors: list[Error] = []
        gaps: list[Gap] = []
        order = _diesel_key if _is_diesel(folder) else natural_key
        names = sorted((name for name in folder.folders if name[0] != "."), key=order)
        for name in names:
            path = folder.join(name)
            up = _document(join(path, _UP), request.encoding)
            if up is None:
                gaps.extend(_not_a_migration(path, len(entries)))
                continue
            down = _document(join(path, _DOWN), request.encoding)
            mode = _transaction(path)
            errors.extend(each for each in (up, down, mode) if isinstance(each, Error))
            if isinstance(up, Error):
                continue
            entries.append(
                _entry(
                    name,
                    up,
                    None if isinstance(down, Error) else down,
                    TransactionMode.ONE if isinstance(mode, Error) else mode,
                    join(path, _SETTINGS),
                )
            )
        gaps += [
            Gap(Error(folder.join(name), 1, "not in a sub-folder of its own: never run"), len(entries))
            for name in folder.files
            if name.endswith(".sql")
        ]
        first = entries[0].migration.id if entries else ""
        complete = begins(leading_number(first.replace("-", ""))) and not errors
        return (Reading(tuple(entries), tuple(errors), tuple(gaps), complete),)

    def single(self, document: Document, request: Request) -> Reading:
        """The document as an up script; what ran before it is not known."""
        return Reading((_entry(document.path, document, None, TransactionMode.ONE),), complete=False)


def _is_diesel(folder: Folder) -> bool:
    if "diesel.toml" in folder.files:
        return True
    outer = above(folder.path)
    return outer is not None and is_file(join(outer, "diesel.toml"))


def _diesel_key(name: str) -> tuple[str, str]:
    return name.partition("_")[0].replace("-", ""), name


def _document(path: str, encoding: str | None) -> Document | Error | None:
    return read(path, encoding) if exists(path) else None


def _transaction(path: str) -> TransactionMode | Error:
    settings = _document(join(path, _SETTINGS), None)
    if settings is None:
        return TransactionMode.ONE
    if isinstance(settings, Error):
        return settings
    try:
        table = parse_toml(settings.text)
    except ValueError as problem:
        return Error(settings.path, 1, f"not TOML: {problem}")
    # The key's default is false once the file is there.
    return TransactionMode.ONE if table.get("run_in_transaction") is True else TransactionMode.NONE


def _not_a_migration(path: str, position: int) -> list[Gap]:
    try:
        content = listed(path)
    except OSError as problem:
        return [Gap(Error(path, 1, f"cannot be read: {problem.strerror or problem}"), position)]
    sql = [name for name in content.files if name.endswith(".sql")]
    if not content.files and not content.folders:
        return []
    what = content.join(sql[0]) if sql else path
    return [Gap(Error(what, 1, f"a migration's folder holds {_UP}, and this one does not"), position)]


def _entry(
    name: str, up: Document, down: Document | None, mode: TransactionMode, settings: str | None = None
) -> Entry:
    migration = Migration(
        id=name,
        tool=Diesel.name,
        up=Script(up, up.text, mode),
        down=Script(down, down.text, mode) if down else None,
        down_origin=DownOrigin.WRITTEN if down else DownOrigin.NONE,
    )
    files = tuple(path for path in (up.path, down and down.path, settings) if path)
    version = name.partition("_")[0]
    return Entry(migration, files, tuple({version, version.replace("-", "")} - {""}))


SOURCE = Diesel()
