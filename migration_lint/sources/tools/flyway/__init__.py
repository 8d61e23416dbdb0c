"""Flyway: ``V1__create_users.sql``, ``U1__…``, ``R__…``, ``B10__…``, callbacks, placeholders.

https://documentation.red-gate.com/flyway
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from migration_lint.model import Document
from migration_lint.sources.folder import Folder, above, base, exists, is_file, join, listed, parent
from migration_lint.sources.source import Reading, Request, settings_of

_FILES = ("flyway.toml", "conf/flyway.toml", "flyway.conf", "conf/flyway.conf")
_LOOKED_INTO = 3
"""Levels between a location and its migrations that are looked through."""

_LIKELY = re.compile(r"[VBU][0-9]|R__|before[A-Z]|after[A-Z]|createSchema")
_FOLDERS = frozenset({"migration", "migrations"})
# Locations may end in {vendor}; the folders of two vendors are two histories.
_VENDORS = frozenset(
    {
        "cockroachdb",
        "common",
        "db2",
        "derby",
        "h2",
        "hsqldb",
        "mariadb",
        "mssql",
        "mysql",
        "oracle",
        "pg",
        "postgres",
        "postgresql",
        "sqlite",
        "sqlserver",
    }
)


class Flyway:
    """The reader of Flyway locations."""

    name = "flyway"
    precedence = 40
    generic = False

    def recognises(self, folder: Folder) -> bool:
        """A versioned or repeatable migration here, or in sub-folders where no SQL is here."""
        if _names_one(folder):
            return True
        if any(name.endswith(".sql") for name in folder.files):
            return _names_one_as_configured(folder)
        return _only_below(folder) or _names_one_as_configured(folder)

    def home(self, folder: Folder) -> str | None:
        """The location, which may be further up: Flyway reads sub-folders as well."""
        if not (_names_one(folder) or _names_one_as_configured(folder)):
            return None
        top, path = folder.path, folder.path
        for _ in range(_LOOKED_INTO):
            outer = parent(path)
            if outer is None or base(path) in _VENDORS:
                break
            path = outer
            try:
                holds_one = _names_one(listed(path))
            except OSError:
                break
            if holds_one or base(path) in _FOLDERS:
                top = path
        return top

    def read(self, folder: Folder, request: Request) -> Reading:
        """What ``flyway migrate`` runs from the location."""
        from migration_lint.sources.tools.flyway import configuration, location

        found = configuration.of(configuration_file(folder.path), settings_of(request, self.name))
        return location.read(folder, found, request)

    def single(self, document: Document, request: Request) -> Reading:
        """The document as a versioned migration of an unknown version."""
        from migration_lint.sources.tools.flyway import configuration, location

        found = configuration.of(None, settings_of(request, self.name))
        return location.single(document, found)


def _names_one(folder: Folder) -> bool:
    return any(
        "__" in name
        and ((name[0] in "VB" and name[1:2].isdigit()) or name.startswith("R__"))
        and name[-4:].lower() == ".sql"
        for name in folder.files
    )


def _names_one_as_configured(folder: Folder) -> bool:
    """By the prefixes and suffixes of a configuration file, where there is one."""
    path = configuration_file(folder.path)
    if path is None:
        return False
    from migration_lint.sources.tools.flyway import configuration, names

    found = configuration.of(path, {})
    wanted = (names.VERSIONED, names.REPEATABLE)
    parsed = (names.parse(name, found.naming) for name in folder.files)
    return any(isinstance(name, names.Name) and name.kind in wanted for name in parsed)


def configuration_file(folder: str) -> str | None:
    """The nearest configuration file at or above the folder, up to the root of its repository."""
    path: str | None = folder
    while path is not None:
        for name in _FILES:
            if is_file(found := join(path, name)):
                return found
        if exists(join(path, ".git")):
            return None
        path = above(path)
    return None


def _only_below(folder: Folder) -> bool:
    """Whether the folders below hold its migrations, and no other SQL."""
    found = False
    for inner in _inner(folder, _LOOKED_INTO):
        sql = [name for name in inner.files if name[-4:].lower() == ".sql"]
        if sql and not any(_LIKELY.match(name) for name in sql):
            return False
        found = found or _names_one(inner)
    return found


def _inner(folder: Folder, levels: int) -> Iterator[Folder]:
    for name in folder.folders:
        if name[0] == ".":
            continue
        try:
            inner = listed(folder.join(name))
        except OSError:
            continue  # `read` says so; here it only means "no migration seen"
        yield inner
        if levels > 1:
            yield from _inner(inner, levels - 1)


SOURCE = Flyway()
