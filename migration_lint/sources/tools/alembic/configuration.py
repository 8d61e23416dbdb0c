"""Where Alembic's revisions lie, by ``alembic.ini`` or ``[tool.alembic]`` of ``pyproject.toml``.

https://alembic.sqlalchemy.org/en/latest/tutorial.html#editing-the-ini-file
"""

from __future__ import annotations

import ast
import configparser
import re
from collections.abc import Mapping

from msgspec import Struct

from migration_lint.model import Error
from migration_lint.sources.folder import above, clean, exists, is_file, is_folder, join, parent
from migration_lint.sources.text import read
from migration_lint.sources.toml import parse_toml

_HERE = re.compile(r"%\(here\)s[/\\]?")


class Configuration(Struct, frozen=True):
    """The folder with ``env.py``, the folders of the revisions, and the files that say so."""

    location: str
    versions: tuple[str, ...]
    files: tuple[str, ...] = ()
    recursive: bool = False
    transactional: bool = True
    errors: tuple[Error, ...] = ()


def configuration_of(folder: str) -> Configuration:
    """The configuration of a folder: one with ``alembic.ini``, a script location, or one of revisions."""
    settings, file, errors = _settings(folder)
    if file is None and not is_file(join(folder, "env.py")):
        outer = parent(folder)
        if outer is not None and is_file(join(outer, "env.py")):
            return _completed(outer, (folder,), None, False, errors)
        return _completed(folder, (folder,), None, False, errors)
    written = settings.get("script_location")
    base = parent(file) or "." if file is not None else folder
    location = folder
    if isinstance(written, str) and file is not None and not is_file(join(folder, "env.py")):
        location = _placed(written, base)
    versions = settings.get("version_locations")
    if isinstance(versions, str):
        versions = [part for part in re.split(_separator(settings), versions) if part.strip()]
    folders = [_placed(str(each).strip(), base) for each in versions] if isinstance(versions, list) else []
    recursive = str(settings.get("recursive_version_locations", "false")).lower() in (
        "true",
        "yes",
        "1",
        "on",
    )
    return _completed(location, tuple(folders) or (join(location, "versions"),), file, recursive, errors)


def _completed(
    location: str, versions: tuple[str, ...], file: str | None, recursive: bool, errors: tuple[Error, ...]
) -> Configuration:
    environment = join(location, "env.py")
    files = [path for path in (file, environment) if path is not None and is_file(path)]
    return Configuration(location, versions, tuple(files), recursive, _is_transactional(environment), errors)


def _separator(settings: Mapping[str, object]) -> str:
    named = settings.get("path_separator", settings.get("version_path_separator"))
    words = {"space": r"\s+", "newline": r"\n", "os": r"[:;\n]", ":": ":", ";": ";"}
    return words.get(str(named), r"[,\s]+")


def _placed(written: str, base: str) -> str:
    """A path of the configuration, relative to where its file lies; a package's as its folder."""
    if ":" in written and not written.startswith(("/", "%")) and not is_folder(written):
        written = written.replace(":", "/").replace(".", "/")
    inner = _HERE.sub("", written)
    return clean(inner) if inner.startswith("/") else clean(join(base, clean(inner)) if inner else base)


def _settings(folder: str) -> tuple[Mapping[str, object], str | None, tuple[Error, ...]]:
    """The settings of the nearest configuration at or above the folder, which must speak of it."""
    path: str | None = folder
    while path is not None:
        for name in ("alembic.ini", "pyproject.toml"):
            file = join(path, name)
            if not is_file(file):
                continue
            found = _parsed(file)
            if isinstance(found, Error):
                if name == "alembic.ini":
                    return {}, file, (found,)
                continue
            if found is not None and (path == folder or _speaks_of(found, path, folder)):
                return found, file, ()
        if exists(join(path, ".git")):
            break
        path = above(path)
    return {}, None, ()


def _speaks_of(settings: Mapping[str, object], base: str, folder: str) -> bool:
    from migration_lint.sources.folder import absolute

    written = settings.get("script_location")
    if not isinstance(written, str):
        return False
    location = absolute(_placed(written, base))
    return absolute(folder) in (location, f"{location}/versions")


def _parsed(file: str) -> Mapping[str, object] | Error | None:
    document = read(file)
    if isinstance(document, Error):
        return document
    if file.endswith(".toml"):
        if "[tool.alembic" not in document.text:
            return None
        try:
            found = parse_toml(document.text).get("tool", {}).get("alembic")
        except ValueError as problem:
            return Error(file, 1, f"not TOML: {problem}")
        return found if isinstance(found, dict) else None
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(document.text)
    except configparser.Error as problem:
        line = getattr(problem, "lineno", 1)
        return Error(
            file, line if isinstance(line, int) else 1, "not a configuration file that Alembic reads"
        )
    return dict(parser.items("alembic")) if parser.has_section("alembic") else {}


def _is_transactional(environment: str) -> bool:
    """Whether ``env.py`` leaves PostgreSQL's transactions on: ``transactional_ddl=False`` ends them."""
    if not is_file(environment):
        return True
    from migration_lint.sources.python.syntax import parse

    document = read(environment)
    module = document if isinstance(document, Error) else parse(document)
    if isinstance(module, Error):
        return True
    for node in ast.walk(module.tree):
        if isinstance(node, ast.keyword) and node.arg == "transactional_ddl":
            return not (isinstance(node.value, ast.Constant) and node.value.value is False)
    return True
