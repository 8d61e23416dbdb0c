"""From one of Flyway's files to a migration: placeholders, script settings, transaction.

Flyway wraps a script in a transaction, unless its settings (``V2__x.sql.conf``) or the
configuration say otherwise, or all its statements are such as PostgreSQL refuses there. A script
that mixes both kinds without ``mixed`` Flyway refuses; it is kept in one transaction here, where
the statement that cannot run there shows.
"""

from __future__ import annotations

from functools import partial

from msgspec import Struct
from msgspec.structs import replace as changed

from migration_lint.model import Document, DownOrigin, Error, Migration, Script, TransactionMode
from migration_lint.sources.folder import base
from migration_lint.sources.placeholders import replace
from migration_lint.sources.source import Entry, Request
from migration_lint.sources.text import read
from migration_lint.sources.tools.flyway.configuration import Configuration, properties, truth
from migration_lint.sources.tools.flyway.names import BASELINE, VERSIONED, Name
from migration_lint.sources.tools.flyway.transactions import kinds

_SETTINGS = ("executeintransaction", "encoding", "placeholderreplacement", "shouldexecute")


class Found(Struct, frozen=True):
    """A file of a location, its name taken apart, and its settings file where it has one."""

    path: str
    name: Name
    settings: str | None = None


class _Settings(Struct, frozen=True):
    """A script's own settings; None where it has not set one."""

    in_transaction: bool | None = None
    encoding: str | None = None
    replace_placeholders: bool | None = None


def prepared(
    found: Found, undo: Found | None, configuration: Configuration, request: Request
) -> tuple[Entry | None, list[Error]]:
    """The migration, None where its script cannot be read, and the errors of its files."""
    up, errors = _script(found, configuration, request)
    numbered = found.name.kind in (VERSIONED, BASELINE)
    down = None
    if undo is not None:
        down, more = _script(undo, configuration, request)
        errors += more
    if up is None:
        return None, errors
    name = found.name
    stem = base(found.path).rpartition(".")[0]
    migration = Migration(
        id=f"{name.label}{name.shown}" if numbered else stem,
        tool="flyway",
        up=up if numbered else changed(up, repeatable=True),
        down=down,
        down_origin=DownOrigin.WRITTEN if down else DownOrigin.NONE,
    )
    paths = (found.path, found.settings, undo and undo.path, undo and undo.settings)
    files = tuple(path for path in paths if path)
    if not numbered:
        return Entry(migration, files), errors
    written = stem[len(name.label) :].partition("__")[0]
    plain = ".".join(map(str, name.version))
    spellings = {name.shown, written, plain}
    return Entry(migration, files, tuple(sorted(spellings | {name.label + s for s in spellings}))), errors


def loose(document: Document, configuration: Configuration) -> tuple[Entry, list[Error]]:
    """A document that lies in no location, as a migration without a version."""
    script, errors = _built(document, _Settings(), configuration)
    return Entry(Migration(document.path, "flyway", script), (document.path,)), errors


def _script(
    found: Found, configuration: Configuration, request: Request
) -> tuple[Script | None, list[Error]]:
    settings, errors = _settings(found, configuration) if found.settings else (_Settings(), [])
    encoding = request.encoding or settings.encoding or configuration.encoding
    document = read(found.path, encoding)
    if isinstance(document, Error):
        return None, [*errors, document]
    script, more = _built(document, settings, configuration)
    return script, errors + more


def _built(
    document: Document, settings: _Settings, configuration: Configuration
) -> tuple[Script, list[Error]]:
    sql = document.text
    pieces: tuple[tuple[int, int, int], ...] = ()
    errors: list[Error] = []
    wanted = settings.replace_placeholders
    if configuration.replace_placeholders if wanted is None else wanted:
        replaced = replace(
            document.text,
            configuration.placeholder_prefix,
            configuration.placeholder_suffix,
            partial(_value, document.path, configuration),
        )
        sql, pieces = replaced.sql, replaced.pieces
        errors = _unresolved(document, replaced.unresolved, configuration)
    return Script(document, sql, _transaction(sql, settings, configuration), pieces=pieces), errors


def _value(path: str, configuration: Configuration, name: str) -> str | None:
    name = name.lower()
    if name.startswith("flyway") and name.endswith("filename") and name not in configuration.placeholders:
        return base(path)
    return configuration.placeholders.get(name)


def _unresolved(
    document: Document, names: tuple[tuple[int, str | None], ...], configuration: Configuration
) -> list[Error]:
    errors: dict[str | None, Error] = {}
    for offset, name in names:
        if name is None:
            message = f"a placeholder begins here with {configuration.placeholder_prefix} and never ends"
        else:
            written = f"{configuration.placeholder_prefix}{name}{configuration.placeholder_suffix}"
            message = f"no value is set for the placeholder {written}: Flyway stops there, even in a comment"
        errors.setdefault(name, Error(document.path, document.line_of(offset), message))
    return list(errors.values())


def _transaction(sql: str, settings: _Settings, configuration: Configuration) -> TransactionMode:
    one = settings.in_transaction
    if one is None and not configuration.in_transaction:
        one = False
    if one is None:
        found = kinds(sql)
        one = True in found if not configuration.mixed else False not in found
    return TransactionMode.ONE if one else TransactionMode.EACH


def _settings(found: Found, configuration: Configuration) -> tuple[_Settings, list[Error]]:
    document = read(found.settings or "")
    if isinstance(document, Error):
        return _Settings(), [document]
    values: dict[str, str] = {}
    errors: list[Error] = []
    for line, key, value in properties(document.text):
        if key.lower() not in _SETTINGS:
            errors.append(Error(document.path, line, f"{key}: Flyway knows no such setting of a script"))
            continue
        filled = replace(
            value,
            configuration.placeholder_prefix,
            configuration.placeholder_suffix,
            partial(_value, found.path, configuration),
        )
        values[key.lower()] = filled.sql
    flag = {key: truth(value) for key, value in values.items()}
    settings = _Settings(
        flag.get("executeintransaction"), values.get("encoding"), flag.get("placeholderreplacement")
    )
    return settings, errors
