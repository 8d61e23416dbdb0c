"""golang-migrate: ``000001_create_users.up.sql`` and ``000001_create_users.down.sql``.

Order is by number; the down script is optional. A file is sent whole, without BEGIN, so that
the server wraps several statements in one transaction.
https://github.com/golang-migrate/migrate/blob/master/MIGRATIONS.md
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from migration_lint.model import (
    Disorder,
    Document,
    DownOrigin,
    Error,
    Irregularity,
    Migration,
    Script,
    TransactionMode,
)
from migration_lint.sources.folder import Folder
from migration_lint.sources.natural import begins
from migration_lint.sources.source import Entry, Gap, Reading, Request, Source
from migration_lint.sources.text import read

_NAME = re.compile(r"([0-9]+)_(.*)\.(down|up)\.sql\Z")
_ELSE = re.compile(r"[0-9]+_.*\.(?:down|up)\..+\Z")


class GolangMigrate(Source):
    """The reader of numbered pairs of ``.up.sql`` and ``.down.sql``."""

    name = "golang-migrate"
    precedence = 40
    outside_transaction = "whose file holds no other statement"
    duplicate = "golang-migrate stops: duplicate migration file"
    late = "golang-migrate never runs it on a database that has run a newer one"

    def recognises(self, folder: Folder) -> str | None:
        """At least half of the SQL files are named as the tool wants them."""
        sql = [name for name in folder.files if name.endswith(".sql")]
        named = [match.group(3) for match in map(_NAME.match, sql) if match]
        if "up" in named and 2 * len(named) >= len(sql):
            return f"the names of {len(named)} of {len(sql)} SQL files: NUMBER_name.up.sql"
        return None

    def read(self, folder: Folder, request: Request) -> Sequence[Reading]:
        """One migration per number."""
        found: dict[str, dict[int, str]] = {"up": {}, "down": {}}
        stray: list[str] = []
        again: list[tuple[int, str, str]] = []
        errors: list[Error] = []
        for name in folder.files:
            match = _NAME.match(name)
            if match is None:
                if name.endswith(".sql") or _ELSE.match(name) or name in request.named:
                    stray.append(name)
                continue
            number, direction = int(match.group(1)), match.group(3)
            first = found[direction].setdefault(number, name)
            if first != name and direction == "up":
                again.append((number, name, first))
            elif first != name:
                stray.append(name)
        entries: list[Entry] = []
        irregularities = [
            Irregularity(Disorder.DUPLICATE, _id(name), folder.join(name), first, self.duplicate)
            for _, name, first in again
        ]
        named = [(number, name, found["down"].get(number)) for number, name in found["up"].items()]
        for number, name, down_name in sorted([*named, *((number, name, None) for number, name, _ in again)]):
            up = read(folder.join(name), request.encoding)
            down = read(folder.join(down_name), request.encoding) if down_name else None
            errors.extend(each for each in (up, down) if isinstance(each, Error))
            if isinstance(up, Document):
                entries.append(_entry(name, number, up, None if isinstance(down, Error) else down))
        lonely = [found["down"][number] for number in sorted(found["down"].keys() - found["up"].keys())]
        complete = begins(min(found["up"], default=None)) and not errors and not again
        gaps = tuple(
            Gap(_error(folder, name, _why(name, alone=name in lonely)), len(entries))
            for name in (*stray, *lonely)
        )
        return (Reading(tuple(entries), tuple(errors), gaps, complete, (), tuple(irregularities)),)

    def single(self, document: Document, request: Request) -> Reading:
        """The document as an up script; what ran before it is not known."""
        return Reading((_entry(document.path, None, document, None),), complete=False)


def _entry(name: str, number: int | None, up: Document, down: Document | None) -> Entry:
    whole = TransactionMode.NONE
    migration = Migration(
        id=_id(name),
        tool=GolangMigrate.name,
        up=Script(up, up.text, whole),
        down=Script(down, down.text, whole) if down else None,
        down_origin=DownOrigin.WRITTEN if down else DownOrigin.NONE,
    )
    files = (up.path,) if down is None else (up.path, down.path)
    if number is None:
        return Entry(migration, files)
    return Entry(migration, files, (str(number), name.partition("_")[0]))


def _id(name: str) -> str:
    return name.removesuffix(".up.sql")


def _error(folder: Folder, name: str, message: str) -> Error:
    return Error(folder.join(name), 1, message)


def _why(name: str, *, alone: bool) -> str:
    if _NAME.match(name) and not alone:
        return "another down script has the same number"
    if _NAME.match(name):
        return "golang-migrate runs it after an up script of the same number, and there is none"
    if _ELSE.match(name):
        return "not SQL by its name: what it does is not checked"
    return "golang-migrate never runs it: the name is not NUMBER_name.up.sql or NUMBER_name.down.sql"


SOURCE = GolangMigrate()
