"""A plain folder of SQL files, run in the order of their names as ``psql -f`` runs them.

``2_x.sql`` comes before ``10_x.sql``. A file is the down script of another one where their names
say so: ``x.sql`` and ``x.down.sql``, ``x.up.sql`` and ``x.down.sql``, ``x_up.sql`` and
``x_down.sql``, ``x.sql`` and ``x.rollback.sql``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from migration_lint.model import Document, DownOrigin, Error, Migration, Script, TransactionMode
from migration_lint.sources.folder import Folder
from migration_lint.sources.natural import begins, leading_number, natural_key
from migration_lint.sources.source import Entry, Reading, Request, Source
from migration_lint.sources.text import read

_DOWN = re.compile(r"(.+)([._])(?:down|rollback)\.sql\Z", re.IGNORECASE)


class PlainSql(Source):
    """The reader of plain SQL files."""

    name = "sql"
    precedence = 100
    generic = True

    def recognises(self, folder: Folder) -> str | None:
        """Any SQL file of its own will do."""
        return "SQL files, and no mark of another tool" if folder.sql else None

    def home(self, folder: Folder) -> str | None:
        """The folder itself: a file that the user names need not be called ``.sql``."""
        return folder.path

    def read(self, folder: Folder, request: Request) -> Sequence[Reading]:
        """Every file of the folder whose name ends in ``.sql``, and those that the user named."""
        names = [name for name in folder.files if _is_sql(name) or name in request.named]
        ups, downs = _paired(names)
        entries: list[Entry] = []
        errors: list[Error] = []
        ids: set[str] = set()
        for name in sorted(ups, key=_order):
            up = read(folder.join(name), request.encoding)
            if isinstance(up, Error):
                errors.append(up)
                continue
            down = None
            if name in downs:
                script = read(folder.join(downs[name]), request.encoding)
                if isinstance(script, Error):
                    errors.append(script)
                else:
                    down = script
            stem = _stem(name)
            ids.add(id := name if stem in ids else stem)
            entries.append(_entry(up, down, id))
        numbered = begins(leading_number(min(ups, key=_order, default="")))
        return (Reading(tuple(entries), tuple(errors), complete=numbered and not errors),)

    def single(self, document: Document, request: Request) -> Reading:
        """The document as it is; what ran before it is not known."""
        return Reading((_entry(document, None, document.path),), complete=False)


def _is_sql(name: str) -> bool:
    return name[-4:].lower() == ".sql" and name[0] != "."


def _stem(name: str) -> str:
    return name[:-4] if _is_sql(name) else name


def _order(name: str) -> tuple[tuple[str | int, ...], str]:
    return natural_key(_stem(name))


def _paired(names: list[str]) -> tuple[list[str], dict[str, str]]:
    """The up scripts, and the down script of each that has one."""
    by_name = {name.lower(): name for name in names}
    ups: list[str] = []
    downs: dict[str, str] = {}
    for name in names:
        match = _DOWN.match(name)
        if match:
            stem, mark = match.groups()
            up = by_name.get(f"{stem}{mark}up.sql".lower()) or by_name.get(f"{stem}.sql".lower())
            if up is not None and up not in downs:
                downs[up] = name
                continue
        ups.append(name)
    return ups, downs


def _entry(up: Document, down: Document | None, id: str) -> Entry:
    number = re.match("[0-9]+", id)
    migration = Migration(
        id=id,
        tool=PlainSql.name,
        up=Script(up, up.text),
        down=Script(down, down.text, TransactionMode.EACH) if down else None,
        down_origin=DownOrigin.WRITTEN if down else DownOrigin.NONE,
    )
    files = (up.path,) if down is None else (up.path, down.path)
    return Entry(migration, files, (number.group(),) if number else ())


SOURCE = PlainSql()
