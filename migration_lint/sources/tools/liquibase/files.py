"""The files that a changelog names: where they are looked for, and that none lies outside.

Liquibase looks in its search path, which the repository rarely tells: the folder of
``liquibase.properties``, ``src/main/resources``, or wherever it is started. So every folder above the
changelog is tried, up to the repository's root, the nearest first.
"""

from __future__ import annotations

import posixpath

from msgspec import Struct

from migration_lint.model import Document, Error
from migration_lint.sources.folder import (
    above,
    absolute,
    base,
    clean,
    exists,
    is_file,
    is_folder,
    join,
    parent,
    real,
)
from migration_lint.sources.text import read

_MOST_LEVELS = 12


class OutsideError(Exception):
    """A path leaves the repository."""


class Files(Struct, frozen=True):
    """Finds and reads. `roots` are tried in order; nothing outside the real path `boundary` is read."""

    folder: str
    roots: tuple[str, ...]
    boundary: str
    encoding: str | None = None

    def find(self, written: str, beside: str | None) -> str | None:
        """The path of a file or folder as a changelog writes it, None where there is none.

        `beside` is the changelog that it is relative to. Raises OutsideError.
        """
        path = plain(written)
        if beside is not None:
            return self._inside(_joined(parent(beside) or ".", path))
        for root in self.roots:
            found = self._inside(_joined(root, path))
            if found is not None:
                return found
        # In a copy of the folder alone, the names of the folders above it are other ones.
        parts = path.split("/")
        for number in range(1, len(parts)):
            found = self._inside(_joined(self.folder, "/".join(parts[number:])))
            if found is not None:
                return found
        return None

    def _inside(self, path: str) -> str | None:
        if not exists(path):
            return None
        place = real(path)
        if place != self.boundary and not place.startswith(join(self.boundary, "")):
            raise OutsideError(path)
        return path if is_file(path) or is_folder(path) else None

    def read(self, path: str, encoding: str | None = None) -> Document | Error:
        """The file's text; `encoding` is what the changelog says of it."""
        return read(path, self.encoding or encoding)

    def logical(self, path: str) -> str:
        """The path by which changeSets are known: from the history's folder, so that it is the same
        wherever that is."""
        top, here = absolute(self.folder), absolute(path)
        if here.startswith(join(top, "")):
            return here[len(join(top, "")) :]
        return posixpath.relpath(here, top)


def files_of(folder: str, search_path: tuple[str, ...], encoding: str | None) -> Files:
    """The files around a history's folder; `search_path` are folders that the configuration names."""
    ups = [folder]
    top: str | None = folder
    repository: str | None = None
    for _ in range(_MOST_LEVELS):
        if top is None:
            break
        if exists(join(top, ".git")):
            repository = top
            break
        top = above(top)
        if top is not None:
            ups.append(top)
    if repository is None:
        ups = _without_repository(folder)
    outermost = real(ups[-1])
    kept = [path for path in search_path if is_folder(path) and _within(real(path), outermost)]
    return Files(folder, tuple(dict.fromkeys([*kept, *ups])), outermost, encoding)


def _without_repository(folder: str) -> list[str]:
    """Up to the working folder, or the ``resources`` of a Java project; else the folder alone."""
    ups, path = [folder], folder
    here = absolute(".")
    while True:
        if base(absolute(path)) == "resources" or absolute(path) == here:
            return ups
        outer = parent(path)
        if outer is None or len(ups) > _MOST_LEVELS:
            return [folder]
        path = outer
        ups.append(path)


def _within(path: str, boundary: str) -> bool:
    return path == boundary or path.startswith(join(boundary, ""))


def plain(written: str) -> str:
    """A path as Liquibase takes it: no ``classpath:``, no drive, no leading slash (normalizePath)."""
    path = written.strip().replace("\\", "/")
    path = path.removeprefix("classpath*:").removeprefix("classpath:").removeprefix("file:")
    if path[1:2] == ":":
        path = path[2:]
    return path.lstrip("/")


def _joined(folder: str, path: str) -> str:
    return clean(posixpath.normpath(join(folder, path)))
