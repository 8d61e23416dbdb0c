"""``liquibase.properties``, and what migration-lint's own settings say instead.

https://docs.liquibase.com/concepts/connections/creating-config-properties.html. Only what decides which
changelogs run and how is taken up: never a password, and nothing from the environment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

from migration_lint.errors import UsageError
from migration_lint.model import Error
from migration_lint.sources.folder import join, parent
from migration_lint.sources.text import read
from migration_lint.sources.tools.liquibase.filters import Filter

NAMES = ("liquibase.properties", "src/main/resources/liquibase.properties")
_DATABASES = {"postgres": "postgresql", "postgresql": "postgresql", "mysql": "mysql", "mariadb": "mariadb"}
_URL = re.compile(r"(?:jdbc|offline):(postgresql|mysql|mariadb)\b", re.IGNORECASE)
_SEPARATOR = re.compile(r"[:=]|(?<=\S)\s(?=\S)")
_KNOWN = ("changelog", "contexts", "database", "labels", "parameters", "search-path", "exclude")


class Configuration(Struct, frozen=True):
    """The settings of a run. `changelog` is as written in the file at `path`."""

    path: str | None = None
    changelog: str | None = None
    search_path: tuple[str, ...] = ()
    run: Filter = Filter()
    parameters: Mapping[str, str] = {}
    errors: tuple[Error, ...] = ()


def of(path: str | None, settings: Mapping[str, object], engine: str | None) -> Configuration:
    """What the properties file says, under migration-lint's settings; `engine` is the one that checks.

    Raises UsageError for a setting that is not known.
    """
    values: dict[str, str] = {}
    parameters: dict[str, str] = {}
    errors: tuple[Error, ...] = ()
    if path is not None:
        document = read(path)
        if isinstance(document, Error):
            errors = (document,)
        else:
            for name, value in pairs(document.text):
                if name.lower().startswith("parameter."):
                    parameters[name[len("parameter.") :].lower()] = value
                else:
                    values[_key(name)] = value
    for name, given in settings.items():
        if name not in _KNOWN:
            raise UsageError(f"liquibase.{name}: no such setting (there are {', '.join(_KNOWN)})")
        if name == "parameters":
            if not isinstance(given, Mapping):
                raise UsageError("liquibase.parameters: a table of names and values is wanted")
            parameters.update((str(key).lower(), _written(value)) for key, value in given.items())
        elif isinstance(given, (list, tuple)):
            values[name] = ",".join(map(str, given))
        else:
            values[name] = _written(given)
    folder = (parent(path) or ".") if path is not None else "."
    return Configuration(
        path,
        values.get("changelog"),
        _folders(values.get("search-path", ""), folder),
        Filter(_database(values, engine), _listed(values.get("contexts", "")), values.get("labels", "")),
        parameters,
        errors,
    )


def pairs(text: str) -> list[tuple[str, str]]:
    """Names and values of a Java properties file."""
    found: list[tuple[str, str]] = []
    pending = ""
    for line in text.splitlines():
        line = pending + line.strip()
        pending = ""
        if not line or line[0] in "#!":
            continue
        if line.endswith("\\") and not line.endswith("\\\\"):
            pending = line[:-1]
            continue
        mark = _SEPARATOR.search(line)
        name, value = (
            (line[: mark.start()], line[mark.end() :].lstrip(" \t:=")) if mark is not None else (line, "")
        )
        found.append(
            (name.strip(), value.replace("\\:", ":").replace("\\=", "=").replace("\\\\", "\\").strip())
        )
    return found


def _key(name: str) -> str:
    """Liquibase takes ``changeLogFile``, ``changelog-file`` and ``liquibase.command.changelogFile`` alike."""
    plain = name.lower().replace("-", "").replace("_", "")
    plain = plain.removeprefix("liquibase.").removeprefix("command.")
    names = {
        "changelogfile": "changelog",
        "searchpath": "search-path",
        "classpath": "search-path",
        "contexts": "contexts",
        "contextfilter": "contexts",
        "labels": "labels",
        "labelfilter": "labels",
        "url": "url",
    }
    return names.get(plain, plain)


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _listed(written: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in written.split(",") if part.strip())


def _folders(written: str, folder: str) -> tuple[str, ...]:
    parts = [part.strip() for part in re.split(r"[,;]|:(?![\\/])", written) if part.strip()]
    found = [
        join(folder, part.rstrip("/")) for part in parts if not part.endswith(".jar") and part[0] not in "/$"
    ]
    return tuple(folder if part.endswith("/.") else part for part in found)


def _database(values: Mapping[str, str], engine: str | None) -> str:
    """The settings', the engine's that checks, the connection's, PostgreSQL."""
    wanted = values.get("database")
    if wanted is not None:
        if wanted.lower() not in _DATABASES:
            raise UsageError(f"liquibase.database: {wanted} is not one of postgresql, mysql, mariadb")
        return _DATABASES[wanted.lower()]
    if engine in _DATABASES:
        return _DATABASES[engine]
    url = _URL.search(values.get("url", ""))
    return _DATABASES[url[1].lower()] if url is not None else "postgresql"
