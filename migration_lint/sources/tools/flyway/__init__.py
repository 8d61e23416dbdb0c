"""Flyway: ``V1__create_users.sql``, ``U1__…``, ``R__…``, ``B10__…``, callbacks, placeholders.

https://documentation.red-gate.com/flyway
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from migration_lint.model import Document
from migration_lint.sources.folder import Folder, base, listed, nearest, parent
from migration_lint.sources.source import Reading, Request, Source, settings_of

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


class Flyway(Source):
    """The reader of Flyway locations."""

    name = "flyway"
    precedence = 40
    outside_transaction = "with executeInTransaction=false in its script configuration"
    checksums = True
    edited = "flyway validate and migrate stop wherever it has run: the checksum is another"
    removed = "flyway validate and migrate stop wherever it has run: it is missing"
    late = "flyway validate stops on every database that has run a newer one, unless outOfOrder is set"

    def recognises(self, folder: Folder) -> str | None:
        """A versioned or repeatable migration here, or in sub-folders where no SQL is here."""
        name = _names_one(folder)
        if name is None and not folder.sql:
            name = _only_below(folder)
        if name is not None:
            return f"the name of {name}"
        return _names_one_as_configured(folder)

    def home(self, folder: Folder) -> str | None:
        """The location, which may be further up: Flyway reads sub-folders as well."""
        if _names_one(folder) is None and _names_one_as_configured(folder) is None:
            return None
        top, path = folder.path, folder.path
        for _ in range(_LOOKED_INTO):
            outer = parent(path)
            if outer is None or base(path) in _VENDORS:
                break
            path = outer
            try:
                holds_one = _names_one(listed(path)) is not None
            except OSError:
                break
            if holds_one or base(path) in _FOLDERS:
                top = path
        return top

    def read(self, folder: Folder, request: Request) -> Sequence[Reading]:
        """What ``flyway migrate`` runs from the location."""
        from migration_lint.sources.tools.flyway import configuration, location

        found = configuration.of(configuration_file(folder.path), settings_of(request, self.name))
        return location.read(folder, found, request)

    def single(self, document: Document, request: Request) -> Reading:
        """The document as a versioned migration of an unknown version."""
        from migration_lint.sources.tools.flyway import configuration, location

        found = configuration.of(None, settings_of(request, self.name))
        return location.single(document, found)


def _names_one(folder: Folder) -> str | None:
    """A file named as a versioned or repeatable migration is."""
    return next(
        (
            name
            for name in folder.sql
            if "__" in name and ((name[0] in "VB" and name[1:2].isdigit()) or name.startswith("R__"))
        ),
        None,
    )


def _names_one_as_configured(folder: Folder) -> str | None:
    """By the prefixes and suffixes of a configuration file, where there is one."""
    path = configuration_file(folder.path)
    if path is None:
        return None
    from migration_lint.sources.tools.flyway import configuration, names

    found = configuration.of(path, {})
    for name in folder.files:
        parsed = names.parse(name, found.naming)
        if isinstance(parsed, names.Name) and parsed.kind in (names.VERSIONED, names.REPEATABLE):
            return f"{path}, and the name of {name}"
    return None


def configuration_file(folder: str) -> str | None:
    """The nearest configuration file at or above the folder, up to the root of its repository."""
    return nearest(folder, _FILES)


def _only_below(folder: Folder) -> str | None:
    """A migration in the folders below, where they hold no other SQL."""
    found: str | None = None
    if any(name.lower() in _VENDORS for name in folder.folders):
        return None
    for inner in _inner(folder, _LOOKED_INTO):
        if inner.sql and not any(_LIKELY.match(name) for name in inner.sql):
            return None
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
