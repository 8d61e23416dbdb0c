"""Prisma: one folder per migration with ``migration.sql`` in it, and ``migration_lock.toml`` beside.

A script is sent whole and without BEGIN, so that the server wraps several statements in one
transaction. From 7.4 on Prisma splits a script that builds an index concurrently, if it can.
https://www.prisma.io/docs/orm/prisma-migrate
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from migration_lint.model import Document, Error, Script, TransactionMode
from migration_lint.sources.folder import Folder, above, exists, is_file, join, listed
from migration_lint.sources.marks import says_nothing
from migration_lint.sources.natural import begins, leading_number
from migration_lint.sources.scripts import entry
from migration_lint.sources.source import Entry, Gap, Reading, Request, Source
from migration_lint.sources.text import read

_UP, _DOWN, _LOCK, _SNAPSHOT = "migration.sql", "down.sql", "migration_lock.toml", "snapshot.json"
_STAMP = re.compile(r"[0-9]{14}(?=_|\Z)")


class Prisma(Source):
    """The reader of Prisma's migrations folder."""

    name = "prisma"
    precedence = 10
    outside_transaction = "whose migration.sql holds no other statement"
    checksums = True
    edited = "prisma migrate deploy only warns, and databases that ran it keep what it did"
    late = "prisma migrate deploy runs it after newer ones where those have run, and before them elsewhere"

    def recognises(self, folder: Folder) -> str | None:
        """The lock file, or a sub-folder with a ``migration.sql`` and no snapshot."""
        if _LOCK in folder.files:
            return _LOCK
        for name in () if folder.sql else (*folder.folders[:2], *folder.folders[-2:]):
            path = folder.join(name)
            if is_file(join(path, _UP)) and not exists(join(path, _SNAPSHOT)):
                return f"{name}/{_UP}"
        return None

    def home(self, folder: Folder) -> str | None:
        """The folder above one with a ``migration.sql``; the folder itself for the lock file."""
        if _UP in folder.files and _SNAPSHOT not in folder.files:
            return above(folder.path)
        return folder.path if _LOCK in folder.files else None

    def read(self, folder: Folder, request: Request) -> Sequence[Reading]:
        """One migration per sub-folder, in the order of their names."""
        entries: list[Entry] = []
        errors: list[Error] = []
        gaps = [
            Gap(Error(folder.join(name), 1, "not in a sub-folder of its own: Prisma never runs it"), 1 << 32)
            for name in folder.sql
        ]
        for name in folder.folders:
            path = folder.join(name)
            if name[0] == "." or name == "node_modules":
                continue
            if not exists(join(path, _UP)):
                gaps += _without_script(path, len(entries))
                continue
            documents = [
                read(join(path, file), request.encoding)
                for file in (_UP, _DOWN)
                if file == _UP or exists(join(path, file))
            ]
            errors += [each for each in documents if isinstance(each, Error)]
            up, down = documents[0], documents[1] if len(documents) > 1 else None
            if isinstance(up, Document):
                entries.append(_entry(name, up, down if isinstance(down, Document) else None))
        first = leading_number(entries[0].migration.id) if entries else None
        complete = begins(first) and not errors
        lock = (folder.join(_LOCK),) if _LOCK in folder.files else ()
        return (Reading(tuple(entries), tuple(errors), tuple(gaps), complete, lock),)

    def single(self, document: Document, request: Request) -> Reading:
        """The document as a migration; what ran before it is not known."""
        return Reading((_entry(document.path, document, None),), complete=False)


def _without_script(path: str, position: int) -> list[Gap]:
    try:
        content = listed(path)
    except OSError as problem:
        return [Gap(Error(path, 1, f"cannot be read: {problem.strerror or problem}"), position)]
    if not content.files and not content.folders:
        return []
    what = content.join(content.sql[0]) if content.sql else path
    return [
        Gap(
            Error(what, 1, f"Prisma stops: a migration's folder holds {_UP}, and this one does not"), position
        )
    ]


def _entry(name: str, up: Document, down: Document | None) -> Entry:
    whole = TransactionMode.NONE
    stamp = _STAMP.match(name)
    script = Script(down, down.text, whole) if down is not None and not says_nothing(down.text) else None
    made = entry(
        Prisma.name, name, Script(up, up.text, whole), script, aliases=(stamp.group(),) if stamp else ()
    )
    return made if down is None or script is not None else _with_file(made, down.path)


def _with_file(made: Entry, path: str) -> Entry:
    return Entry(made.migration, (*made.files, path), made.aliases)


SOURCE = Prisma()
