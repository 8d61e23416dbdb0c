"""The configuration: ``migration-lint.toml``, or ``[tool.migration-lint]`` of ``pyproject.toml``.

The nearest one from the working folder upwards counts, up to the root of the repository. Paths in
it are relative to its own folder.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from migration_lint.errors import UsageError
from migration_lint.suggestion import suggestion

FILE = "migration-lint.toml"
_TABLE = "migration-lint"

SeverityName = Literal["error", "warning", "note"]
Names = tuple[str, ...]


class Config(Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of migration-lint. Every one of them may be left out."""

    paths: Annotated[Names, Meta(description="Folders or files to check when none are named.")] = ()
    tool: Annotated[
        str | None, Meta(description="The migration tool, where it is not to be detected: flyway, sql, …")
    ] = None
    tools: Annotated[
        dict[str, str], Meta(description="The tool of single folders, below them too: folder = tool.")
    ] = {}
    engine: Annotated[str, Meta(description="The database server: postgres, mysql or mariadb.")] = "postgres"
    engine_version: Annotated[
        str | int | float | None, Meta(description="Its version; the newest one where it is not said.")
    ] = None
    large_table_tool: Annotated[
        Literal["gh-ost", "pt-osc", "spirit", "none"] | None,
        Meta(
            description="The online schema change tool to show command lines for; all where it is not said."
        ),
    ] = None
    schema: Annotated[
        str | None,
        Meta(description="A dump of the schema (pg_dump --schema-only, mysqldump --no-data) to start from."),
    ] = None
    start_after: Annotated[
        str | int | None,
        Meta(description="The migration up to which, and including it, all counts as checked."),
    ] = None
    since: Annotated[
        str | None,
        Meta(description="Check only what is new since the merge base with this git ref."),
    ] = None
    fail_on: Annotated[
        Literal["error", "warning", "note", "never"],
        Meta(description="The least severity of a finding that blocks."),
    ] = "error"
    pedantic: Annotated[bool, Meta(description="Report opinions too.")] = False
    select: Annotated[
        Names,
        Meta(description="Only these rules run. The names default, pedantic and all stand for groups."),
    ] = ()
    ignore: Annotated[Names, Meta(description="Rules whose findings do not count.")] = ()
    per_path_ignores: Annotated[
        dict[str, Names],
        Meta(description="Rules whose findings do not count in files that match a glob."),
    ] = {}
    severity: Annotated[
        dict[str, Literal["error", "warning", "note", "off"]],
        Meta(description="The severity of a rule, where it is not its own."),
    ] = {}
    rules_dir: Annotated[str | None, Meta(description="A folder of the team's own rules.")] = None
    baseline: Annotated[
        str | None,
        Meta(description="A file of findings that were there before (--write-baseline)."),
    ] = None
    encoding: Annotated[
        str | None,
        Meta(description="The encoding of the files, where it is not to be guessed."),
    ] = None
    render: Annotated[
        bool,
        Meta(description="SQL from the installed Alembic or Django, which runs the project's Python."),
    ] = False
    sources: Annotated[
        dict[str, dict[str, Any]],
        Meta(description="Settings of migration tools by name: sources.flyway.placeholders."),
    ] = {}
    rules: Annotated[
        dict[str, dict[str, int | str | bool]],
        Meta(description="Options of rules by id, as `migration-lint rule ID` lists them."),
    ] = {}
    targets: Annotated[
        dict[str, Any],
        Meta(
            description="Databases, and what `checklist` asks before they are migrated (docs/checklist.md)."
        ),
    ] = {}
    """`migration_lint.targets.Target` by name: read only where there are any."""


def schema() -> dict[str, Any]:
    """The JSON Schema of the configuration."""
    from migration_lint.targets import Target

    _, parts = msgspec.json.schema_components((Config, Target), ref_template="#/$defs/{name}")
    settings = parts["Config"]["properties"]["targets"]
    settings["additionalProperties"] = {"$ref": "#/$defs/Target"}
    made = {"$ref": "#/$defs/Config", "$defs": parts}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "migration-lint.toml",
        **made,
    }


def find_config(folder: str) -> str | None:
    """The path of the configuration that counts in a folder, None where there is none."""
    folder = os.path.abspath(folder)  # noqa: PTH100 - pathlib costs start-up time
    while True:
        own = f"{folder.rstrip(os.sep)}{os.sep}{FILE}"
        if os.access(own, os.F_OK):
            return own
        project = f"{folder.rstrip(os.sep)}{os.sep}pyproject.toml"
        if os.access(project, os.F_OK) and f"tool.{_TABLE}" in _read(project):
            return project
        parent = folder.rpartition(os.sep)[0] or os.sep
        if parent == folder or os.access(f"{folder}{os.sep}.git", os.F_OK) or len(parent) >= len(folder):
            return None
        folder = parent


def load_config(path: str) -> Config:
    """The configuration in a file, its paths made relative to the working folder.

    Raises UsageError, with file and line, where it is none.
    """
    text = _read(path)
    from migration_lint.sources.toml import parse_toml

    try:
        document = parse_toml(text)
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from error
    if path.replace("\\", "/").rpartition("/")[2] == "pyproject.toml":
        document = document.get("tool", {}).get(_TABLE, {})
    return _relative(parse_config(document, text, path), path)


def parse_config(document: Mapping[str, object], text: str, path: str) -> Config:
    """The configuration in a parsed document. Raises UsageError for an unknown key or a wrong type."""
    for key in document:
        if key not in Config.__struct_fields__:
            near = suggestion(key, Config.__struct_fields__)
            near = near or f" (known: {', '.join(Config.__struct_fields__)})"
            raise UsageError(f"{path}{_line(text, [key])}: unknown key {key!r}{near}")
    try:
        config = msgspec.convert(document, Config)
    except msgspec.ValidationError as error:
        raise _wrong(error, [], text, path) from error
    return _with_targets(config, text, path) if config.targets else config


def _with_targets(config: Config, text: str, path: str) -> Config:
    from migration_lint.targets import SECRETS, Target

    targets = {}
    for name, table in config.targets.items():
        try:
            targets[name] = msgspec.convert(table, Target)
        except msgspec.ValidationError as error:
            wrong = _wrong(error, ["targets", name], text, path)
            if str(error).rpartition(".")[2].rstrip("`") in SECRETS and "got `str`" in str(error):
                wrong = UsageError(f'{wrong}: a secret does not stand here, write {{ env = "NAME" }}')
            raise wrong from error
    return msgspec.structs.replace(config, targets=targets)


def _wrong(error: msgspec.ValidationError, within: list[str], text: str, path: str) -> UsageError:
    said, _, place = str(error).partition(" - at `$")
    keys = [*within, *re.findall(r"[A-Za-z_][\w-]*", place)]
    where = ".".join(keys) or "configuration"
    return UsageError(f"{path}{_line(text, keys)}: {where}: {said.lower().replace('`', '')}")


def _relative(config: Config, path: str) -> Config:
    folder = os.path.dirname(os.path.abspath(path))  # noqa: PTH100, PTH120

    def moved(name: str | None) -> str | None:
        if name is None or name == "-":
            return name
        return os.path.relpath(os.path.join(folder, name)).replace(os.sep, "/")  # noqa: PTH118

    targets = config.targets
    if targets:
        from migration_lint.targets import relative

        targets = {
            name: relative(target, lambda path: moved(path) or path) for name, target in targets.items()
        }
    return msgspec.structs.replace(
        config,
        targets=targets,
        paths=tuple(moved(name) or name for name in config.paths),
        tools={moved(name) or name: tool for name, tool in config.tools.items()},
        schema=moved(config.schema),
        rules_dir=moved(config.rules_dir),
        baseline=moved(config.baseline),
    )


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8-sig") as file:  # noqa: PTH123
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error


def _line(text: str, keys: Iterable[str]) -> str:
    """``:3`` for the line where the innermost of the keys is set, empty where it is not found."""
    for key in reversed(list(keys)):
        pattern = rf"^[ \t]*(?:\[+.*?)?[\"']?{re.escape(key)}[\"']?\s*(?:=|\.|\])"
        found = re.search(pattern, text, re.MULTILINE)
        if found:
            return f":{text.count(chr(10), 0, found.start()) + 1}"
    return ""
