"""A plain folder of SQL files, run in the order of their names as ``psql -f`` runs them.

``2_x.sql`` comes before ``10_x.sql``. A file is the down script of another one where their names
say so: ``x.sql`` and ``x.down.sql``, ``x.up.sql`` and ``x.down.sql``, ``x_up.sql`` and
``x_down.sql``, ``x.sql`` and ``x.rollback.sql``, ``up/x.sql`` and ``down/x.sql``. Folders of years
are one history.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from migration_lint.model import Document, DownOrigin, Error, Migration, Script, TransactionMode
from migration_lint.sources.folder import Folder, above, absolute, base, listed
from migration_lint.sources.natural import begins, leading_number, natural_key
from migration_lint.sources.source import Entry, Reading, Request, Source
from migration_lint.sources.text import read

_YEAR = re.compile("(?:19|20)[0-9]{2}(?![0-9])")
_PART = re.compile("up|down|(?:19|20)[0-9]{2}")
_DOWN = re.compile(r"(.+)([._])(?:down|rollback)\.sql\Z", re.IGNORECASE)


class PlainSql(Source):
    """The reader of plain SQL files."""

    name = "sql"
    precedence = 100
    generic = True

    def recognises(self, folder: Folder) -> str | None:
        """Any SQL file will do, of its own or in folders that belong together."""
        if folder.sql:
            return "SQL files, and no mark of another tool"
        inner = _inner(folder)
        return f"SQL files in {' and '.join(inner[:2])}, and no mark of another tool" if inner else None

    def home(self, folder: Folder) -> str | None:
        """The folder itself, or the one of which it is a part.

        A file that the user names need not be called ``.sql``.
        """
        outside = above(folder.path) if _PART.fullmatch(base(absolute(folder.path))) else None
        try:
            if outside is not None and base(absolute(folder.path)) in _inner(listed(outside)):
                return outside
        except OSError:
            return folder.path
        return folder.path

    def read(self, folder: Folder, request: Request) -> Sequence[Reading]:
        """Every file of the folder whose name ends in ``.sql``, and those that the user named."""
        names = [name for name in folder.files if _is_sql(name) or name in request.named]
        errors: list[Error] = []
        for inner in _inner(folder):
            try:
                names += [f"{inner}/{name}" for name in listed(folder.join(inner)).sql]
            except OSError as problem:
                path = folder.join(inner)
                errors.append(Error(path, 1, f"cannot be read: {problem.strerror or problem}"))
        ups, downs = _paired(names)
        entries: list[Entry] = []
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
            stem = _stem(name.removeprefix("up/"))
            ids.add(id := name if stem in ids else stem)
            entries.append(_entry(up, down, id))
        first = min(ups, key=_order, default="").removeprefix("up/")
        numbered = begins(leading_number(first)) or _YEAR.match(first) is not None
        return (Reading(tuple(entries), tuple(errors), complete=numbered and not errors),)

    def single(self, document: Document, request: Request) -> Reading:
        """The document as it is; what ran before it is not known."""
        return Reading((_entry(document, None, document.path),), complete=False)


def _is_sql(name: str) -> bool:
    return name[-4:].lower() == ".sql" and name[0] != "."


def _inner(folder: Folder) -> list[str]:
    """The folders in it that make one history with it: ``up`` with ``down``, or years."""
    if "up" in folder.folders and "down" in folder.folders:
        return ["up", "down"] if _has_sql(folder.join("up")) else []
    years = [name for name in folder.folders if _YEAR.fullmatch(name)]
    return years if any(_has_sql(folder.join(name)) for name in years) else []


def _has_sql(path: str) -> bool:
    """Whether SQL files lie directly in a folder."""
    try:
        return bool(listed(path).sql)
    except OSError:
        return False


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
        if name.startswith("down/") and f"up/{name[5:]}" in names:
            downs[f"up/{name[5:]}"] = name
            continue
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
    number = re.match("[0-9]+", base(id))
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
