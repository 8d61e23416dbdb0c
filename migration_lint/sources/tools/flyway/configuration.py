"""Flyway's settings: ``flyway.toml`` or ``flyway.conf`` beside or above the migrations.

The nearest folder wins, in it TOML over the older properties file, and over both the settings
given to migration-lint itself. Keys are Flyway's own; case, ``_`` and ``-`` in them do not count.
The environment is not read, and a setting that takes its value from there counts as not set: a
change under review could otherwise print a secret by way of a placeholder.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

from migration_lint.model import Document, Error
from migration_lint.sources.text import read
from migration_lint.sources.toml import parse_toml
from migration_lint.sources.tools.flyway.names import Naming

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_PLACEHOLDERS = "placeholders."


class Configuration(Struct, frozen=True):
    """The settings that decide what is run and how. Placeholder names are in lower case."""

    naming: Naming = Naming()
    placeholders: Mapping[str, str] = {}
    replace_placeholders: bool = True
    placeholder_prefix: str = "${"
    placeholder_suffix: str = "}"
    mixed: bool = False
    in_transaction: bool = True
    encoding: str | None = None
    baseline_on_migrate: bool = False
    out_of_order: bool = False
    files: tuple[str, ...] = ()
    errors: tuple[Error, ...] = ()


def of(path: str | None, overrides: Mapping[str, object]) -> Configuration:
    """The settings in a file, where there is one, under `overrides`."""
    values: dict[str, str] = {}
    errors: list[Error] = []
    if path is not None:
        document = read(path)
        problem = document if isinstance(document, Error) else _load(document, values)
        if problem is not None:
            errors.append(problem)
    _flatten(overrides, "", values)
    return _configuration(values, (path,) if path is not None else (), tuple(errors))


def properties(text: str) -> list[tuple[int, str, str]]:
    """(line, key, value) of a properties file as Flyway reads it: a backslash only joins lines."""
    found = []
    pending, begun = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if not pending:
            begun = number
            if not line.strip() or line.lstrip().startswith("#"):
                continue
        if line.endswith("\\"):
            pending += line[:-1]
            continue
        key, _, value = (pending + line).partition("=")
        pending = ""
        found.append((begun, key.strip(), value.strip()))
    return found


def truth(value: str) -> bool:
    """A setting as Java's Boolean.parseBoolean takes it."""
    return value.strip().lower() == "true"


def _load(document: Document, values: dict[str, str]) -> Error | None:
    if document.path.endswith(".toml"):
        try:
            table = parse_toml(document.text)
        except ValueError as problem:
            return Error(document.path, 1, f"not TOML: {problem}")
        _flatten(table.get("flyway", {}), "", values)
        environments = table.get("environments", {})
        if isinstance(environments, dict):
            chosen = environments.get(values.get("environment", "default"), {})
            _flatten(chosen, "", values)
        return None
    for _, key, value in properties(document.text):
        if key.lower().startswith("flyway.") and not _VARIABLE.search(value):
            values[_key(key[len("flyway.") :])] = value
    return None


def _flatten(table: object, outer: str, values: dict[str, str]) -> None:
    if not isinstance(table, Mapping):
        return
    for name, value in table.items():
        key = f"{outer}{name}"
        if isinstance(value, Mapping):
            _flatten(value, f"{key}.", values)
        elif isinstance(value, bool):
            values[_key(key)] = str(value).lower()
        elif isinstance(value, (list, tuple)):
            values[_key(key)] = ",".join(map(str, value))
        else:
            values[_key(key)] = str(value)


def _key(name: str) -> str:
    if name.lower().startswith(_PLACEHOLDERS):
        return name.lower()
    return name.replace("_", "").replace("-", "").lower()


def _configuration(
    values: dict[str, str], files: tuple[str, ...], errors: tuple[Error, ...]
) -> Configuration:
    usual = Naming()
    get = values.get
    suffixes = get("sqlmigrationsuffixes", get("sqlmigrationsuffix", ""))
    naming = Naming(
        get("sqlmigrationprefix", usual.versioned),
        get("undosqlmigrationprefix", usual.undo),
        get("repeatablesqlmigrationprefix", usual.repeatable),
        get("baselinemigrationprefix", usual.baseline),
        get("sqlmigrationseparator", usual.separator) or usual.separator,
        tuple(part.strip() for part in suffixes.split(",") if part.strip()) or usual.suffixes,
    )
    return Configuration(
        naming=naming,
        placeholders=_placeholders(values),
        replace_placeholders=truth(get("placeholderreplacement", "true")),
        placeholder_prefix=get("placeholderprefix") or "${",
        placeholder_suffix=get("placeholdersuffix") or "}",
        mixed=truth(get("mixed", "false")),
        in_transaction=truth(get("executeintransaction", "true")),
        encoding=get("encoding"),
        out_of_order=truth(get("outoforder", "false")),
        baseline_on_migrate=truth(get("baselineonmigrate", "false")),
        files=files,
        errors=errors,
    )


def _placeholders(values: dict[str, str]) -> dict[str, str]:
    """The user's and Flyway's own. What only a run knows has a value that any run could have."""
    get = values.get
    database = get("url", "").partition("?")[0].rpartition("/")[2]
    separator = get("placeholderseparator", ":")
    own = {
        "defaultschema": get("defaultschema") or get("schemas", "").partition(",")[0].strip() or "public",
        "user": get("user") or "flyway",
        "database": database or "postgres",
        "timestamp": "2000-01-01 00:00:00",
        "workingdirectory": ".",
        "table": get("table") or "flyway_schema_history",
        "environment": get("environment") or "default",
    }
    found = {f"flyway{separator}{name}": value for name, value in own.items()}
    for key, value in values.items():
        if key.startswith(_PLACEHOLDERS):
            found[key[len(_PLACEHOLDERS) :]] = value
    return found
