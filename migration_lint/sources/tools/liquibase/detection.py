"""Whether a folder holds changelogs, and which folder their history is."""

from __future__ import annotations

import re

from migration_lint.sources.folder import Folder, exists, head, is_file, join, listed, nearest, parent

PROPERTIES = ("liquibase.properties",)

_ENDINGS = (".xml", ".yaml", ".yml", ".json")
_LIKELY = re.compile(r"changelog|liquibase|master", re.IGNORECASE)
_OTHERS = re.compile(
    r"(?:package(?:-lock)?|tsconfig.*|composer|angular|pom|build|web|logback.*|log4j.*|docker-compose.*"
    r"|application.*|bootstrap.*|openapi.*|swagger.*|values|Chart|pubspec|mkdocs|messages.*)\.(?:json|xml|ya?ml)\Z",
    re.IGNORECASE,
)
_MOST = 8
"""Files whose beginnings are read in one folder."""
_LEVELS = 4
"""Folders between a changelog and the one that includes it."""
_IN_REPOSITORY = 12

MARK = re.compile(
    r"<(?:[\w.-]+:)?databaseChangeLog[\s>/]|^\s*[\"']?databaseChangeLog[\"']?\s*:|[{,]\s*\"databaseChangeLog\"",
    re.MULTILINE,
)
HEADER = re.compile(r"\s*--\s*liquibase\s*formatted", re.IGNORECASE)


def changelog_in(folder: Folder) -> str | None:
    """The name of a changelog in the folder."""
    names = [name for name in folder.files if name[-5:].lower().endswith(_ENDINGS) and name[0] != "."]
    likely = [name for name in names if _LIKELY.search(name)]
    names = likely + [name for name in names if name not in likely and not _OTHERS.match(name)]
    for name in names[:_MOST]:
        if MARK.search(head(folder.join(name))) is not None:
            return name
    for number, text in enumerate(folder.sample):
        if HEADER.match(text.lstrip()) is not None:
            half = len(folder.sample) // 2
            names = list(folder.sql if len(folder.sql) == len(folder.sample) else ())
            return (
                names[number]
                if names
                else folder.sql[number if number < half else number - len(folder.sample)]
            )
    return None


def home_of(folder: Folder) -> str | None:
    """The history's folder: the outermost, a few levels up, that has a changelog in it."""
    top = folder.path if changelog_in(folder) is not None else None
    path = folder.path
    if top is None and PROPERTIES[0] in folder.files:
        return _named_by(folder)
    if top is None:
        return None
    for _ in range(_LEVELS):
        if exists(join(path, ".git")):
            break
        outer = parent(path)
        if outer is None:
            break
        path = outer
        try:
            if changelog_in(listed(path)) is not None:
                top = path
        except OSError:
            break
    return top


def _named_by(folder: Folder) -> str | None:
    """The folder of the changelog that the folder's ``liquibase.properties`` names."""
    from migration_lint.sources.tools.liquibase import configuration
    from migration_lint.sources.tools.liquibase.files import OutsideError, files_of

    found = configuration.of(folder.join(PROPERTIES[0]), {}, None)
    if found.changelog is None:
        return None
    try:
        path = files_of(folder.path, found.search_path, None).find(found.changelog, None)
    except OutsideError:
        return None
    if path is None or not is_file(path):
        return None
    return parent(path) or "."


def configuration_file(folder: str) -> str | None:
    """The nearest ``liquibase.properties`` at or above the folder, or among a Java project's resources."""
    return nearest(folder, (*PROPERTIES, f"src/main/resources/{PROPERTIES[0]}"))
