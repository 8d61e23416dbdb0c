"""From the configuration and the command line to what a command works on."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, BinaryIO

from msgspec import Struct
from msgspec.structs import replace

from migration_lint.catalog import Catalog
from migration_lint.config import Config, find_config, load_config
from migration_lint.engines.engine import Engine
from migration_lint.engines.postgres.engine import DEFAULT_VERSION, VERSIONS, PostgresEngine
from migration_lint.errors import UsageError
from migration_lint.linting.loader import RuleClasses, load_rules
from migration_lint.linting.selection import Choice, Selection, select
from migration_lint.model import Direction, Document, Error, History, Script

if TYPE_CHECKING:
    from migration_lint.linting.walk import Run

_ENGINES = {"postgres": "postgres", "postgresql": "postgres", "mysql": "mysql", "mariadb": "mariadb"}
WITH_SECRETS = ("pull_request_target", "workflow_run")
"""Events for which GitHub hands out secrets although a stranger may have written what is checked out."""
_RENDERING = ("alembic", "django")
"""Tools that write SQL from a program themselves, if they are asked."""


class Work(Struct, frozen=True):
    """The histories to read, the engine to read them with, and the schema they start from."""

    histories: list[History]
    engine: Engine
    start: Catalog | None
    asides: tuple[Error, ...]
    """What could not be read of the schema dump."""


def configuration(path: str | None, given: Mapping[str, object]) -> Config:
    """The configuration, with what the command line says (None or empty: nothing) in its place."""
    found = path if path is not None else find_config(".")
    config = load_config(found) if found is not None else Config()
    said = {
        name: value
        for name, value in given.items()
        if value is not None and value != () and value is not False
    }
    return replace(config, **said)


def prepared(config: Config) -> Work:
    """Reads the migrations. Raises UsageError for a wrong setting."""
    from migration_lint.sources import load

    engine = engine_of(config)
    start, asides = _schema(config.schema, engine) if config.schema is not None else (None, ())
    paths = list(config.paths) or _found_here(config.tool, config.tools)
    if not paths:
        nothing = Error(
            ".", 1, "no migrations found here: name the folder, or set paths in migration-lint.toml"
        )
        return Work([History(".", "sql", (), frozenset(), errors=(nothing,))], engine, start, asides)
    histories = load(
        paths,
        tool=config.tool,
        tools=config.tools,
        since=config.since,
        start_after=None if config.start_after is None else str(config.start_after),
        stdin=_stdin() if "-" in paths else None,
        encoding=config.encoding,
        settings=_source_settings(config),
        engine=engine.name,
    )
    return Work(histories, engine, start, asides)


def _source_settings(config: Config) -> Mapping[str, Mapping[str, object]]:
    """The settings of the tools, with what is said for all of them.

    Raises UsageError where the project's Python would be run and may be a stranger's.
    """
    settings = config.sources
    if config.render:
        settings = {**settings, **{tool: {"render": True, **settings.get(tool, {})} for tool in _RENDERING}}
    event = os.environ.get("GITHUB_EVENT_NAME", "")
    if event in WITH_SECRETS and any(given.get("render") is True for given in settings.values()):
        raise UsageError(
            f"render: it runs the project's Python, and is not done for the event {event}, which may see"
            " secrets; check under pull_request"
        )
    return settings


def engine_of(config: Config) -> Engine:
    """The engine that the configuration asks for."""
    name = _ENGINES.get(config.engine.lower())
    if name is None:
        raise UsageError(f"engine: {config.engine!r} is not known (known: postgres, mysql, mariadb)")
    if name == "postgres":
        return PostgresEngine(_major(config.engine_version))
    return _mysql(name, config.engine_version)


def all_rules(config: Config, folders: tuple[str, ...]) -> RuleClasses:
    """The built-in rules and the team's own.

    Raises UsageError where the configuration may be a stranger's and names rules: they are Python.
    """
    event = os.environ.get("GITHUB_EVENT_NAME", "")
    if config.rules_dir is not None and event in WITH_SECRETS:
        raise UsageError(
            f"rules_dir: {config.rules_dir} is code, and is not run for the event {event}, which may see"
            " secrets; name a folder of your own with --rules"
        )
    own = (config.rules_dir, *folders) if config.rules_dir is not None else folders
    return load_rules(dict.fromkeys(own))


def selected_rules(config: Config, classes: RuleClasses, engine: str) -> Selection:
    """The rules that the configuration lets run."""
    choice = Choice(
        config.select,
        config.ignore,
        config.pedantic,
        config.severity,
        config.per_path_ignores,
        _with_tool(config, classes),
    )
    return select(classes, choice, engine)


def _with_tool(config: Config, classes: RuleClasses) -> Mapping[str, Mapping[str, object]]:
    """The options of the rules, with the one tool for big tables for all that show a command of it."""
    name = "large_table_tool"
    if config.large_table_tool is None:
        return config.rules
    chosen = {rule: {name: config.large_table_tool} for rule, kind in classes.items() if name in kind.options}
    return {**chosen, **{rule: {**chosen.get(rule, {}), **said} for rule, said in config.rules.items()}}


def with_ignored(config: Config, ignored: tuple[str, ...]) -> Config:
    """The configuration with more rules to ignore."""
    return replace(config, ignore=(*config.ignore, *ignored))


def _major(version: str | int | float | None) -> str:
    if version is None:
        return DEFAULT_VERSION
    text = str(version).strip()
    match = re.fullmatch(r"([0-9]+)(\.[0-9]+)*", text)
    if match is None or match.group(1) not in VERSIONS:
        raise UsageError(f"engine version {text!r} is not known (known: {', '.join(VERSIONS)})")
    return match.group(1)


def _mysql(flavour: str, version: str | int | float | None) -> Engine:
    from importlib.util import find_spec

    from migration_lint.engines.mysql.engine import MysqlEngine
    from migration_lint.engines.mysql.server import server_of

    if find_spec("sqlglot") is None:
        raise UsageError(f"engine: {flavour} needs sqlglot: pip install 'migration-safety-gate[mysql]'")
    server = server_of(flavour, None if version is None else str(version))
    if server is None:
        known = "5.7, 8.0.32, 8.4, 9" if flavour == "mysql" else "10.6, 10.11.6, 11.4, 11.8"
        raise UsageError(
            f"engine version {str(version)!r} of {flavour} is not known (known: such as {known})"
        )
    return MysqlEngine(server)


def _found_here(tool: str | None, tools: Mapping[str, str]) -> list[str]:
    from migration_lint.sources import find

    found = [folder for folder, name in find(".") if tool is None or name == tool]
    return [*dict.fromkeys((*found, *tools))]


def dump_of(config: Config, engine: Engine) -> Run | None:
    """The schema dump that the configuration names, as a script to run; None where it names none."""
    if config.schema is None:
        return None
    from migration_lint.linting.walk import Run

    document = _dump(config.schema)
    return Run(Script(document, document.text), Direction.UP, engine.read_schema(document))


def _schema(path: str, engine: Engine) -> tuple[Catalog, tuple[Error, ...]]:
    read = engine.read_schema(_dump(path))
    return read.after, read.errors


def _dump(path: str) -> Document:
    from migration_lint.sources.text import decode, read_bytes

    try:
        return Document(path, decode(read_bytes(path), None))
    except OSError as error:
        raise UsageError(f"{path}: the schema cannot be read: {error.strerror}") from error


def _stdin() -> BinaryIO:
    import sys

    return sys.stdin.buffer
