# pathlib's import, and its objects, would cost more than the work that is done here.
# ruff: noqa: PTH100, PTH112, PTH113, PTH114, PTH116, PTH120
"""Folders, and paths as people give them: all that is asked of the file system but content.

Paths have ``/`` between their parts, whatever the system; a relative path stays relative to the
working folder.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import cached_property

from msgspec import Struct

_SAMPLE = 10
"""Files of a folder whose text is looked at to tell the tool: the first ones, and the last."""
_HEAD = 1 << 16
_PROGRAMS = frozenset("cjs cts exs js mjs mts rb ts".split())
_STAMPED = re.compile(r"[0-9]{8,}")
_NEAR = 4
"""Parts of a folder's path, from the last, that may say that it holds migrations."""


class Folder(Struct, frozen=True, dict=True):
    """A folder and the names in it, sorted. `folders` holds the sub-folders, `files` all the rest."""

    path: str
    files: tuple[str, ...]
    folders: tuple[str, ...]

    def join(self, name: str) -> str:
        """The path of something in the folder."""
        return join(self.path, name)

    @cached_property
    def sql(self) -> tuple[str, ...]:
        """The names that end in ``.sql``, in any case, without hidden ones."""
        return tuple(name for name in self.files if name[-4:].lower() == ".sql" and name[0] != ".")

    @cached_property
    def sample(self) -> tuple[str, ...]:
        """The beginnings of some of the SQL files, as far as they can be read, to look for marks in.

        Line breaks are ``\\n``; a byte-order mark is left out.
        """
        return tuple(head(path) for path in map(self.join, _some(self.sql)) if not is_link(path))

    @cached_property
    def programs(self) -> tuple[tuple[str, str], ...]:
        """The names of some of the files in languages that migrations are written in, and their beginnings.

        Empty where neither the folder's path nor the names are what migrations have.
        """
        names = [name for name in self.files if name.rpartition(".")[2] in _PROGRAMS and name[0] != "."]
        if not names:
            return ()
        near = absolute(self.path).lower().split("/")[-_NEAR:]
        if not any("migrat" in part for part in near):
            names = [name for name in names if _STAMPED.match(name)]
        paths = [(name, self.join(name)) for name in _some(names)]
        return tuple((name, head(path)) for name, path in paths if not is_link(path))


def _some(names: Sequence[str]) -> Sequence[str]:
    half = _SAMPLE // 2
    return names if len(names) <= _SAMPLE else (*names[:half], *names[-half:])


def head(path: str) -> str:
    """The beginning of a file to look for marks in; empty where it cannot be read."""
    try:
        if not os.path.isfile(path):
            return ""
        with open(path, "rb") as file:  # noqa: PTH123 - see above
            data = file.read(_HEAD)
    except OSError:
        return ""
    text = data.decode("utf-8-sig", errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def nearest(folder: str, names: Sequence[str]) -> str | None:
    """The nearest file of one of these names at or above the folder, up to its repository's root."""
    path: str | None = folder
    while path is not None:
        for name in names:
            if is_file(found := join(path, name)):
                return found
        if exists(join(path, ".git")):
            return None
        path = above(path)
    return None


def clean(path: str) -> str:
    """The path with ``/`` separators, without a leading ``./`` or a trailing slash."""
    path = path.replace(os.sep, "/")
    while path.startswith("./") and path != "./":
        path = path[2:].lstrip("/")
    return path.rstrip("/") or ("/" if path.startswith("/") else ".")


def join(folder: str, name: str) -> str:
    """The path of `name` in a folder; the working folder is not spelled out."""
    if folder == ".":
        return name
    return folder + name if folder.endswith("/") else f"{folder}/{name}"


def base(path: str) -> str:
    """The last part of a path."""
    return path.rpartition("/")[2]


def parent(path: str) -> str | None:
    """The folder that holds the path; None at a root, at the working folder and above it."""
    if path in (".", "/") or base(path) == ".." or path.endswith(":"):  # C: is a root as well
        return None
    head, slash, _ = path.rpartition("/")
    return head or ("/" if slash else ".")


def above(path: str) -> str | None:
    """The folder that holds the path, above the working folder too; None at a root."""
    held = parent(path)
    if held is not None:
        return held
    here = os.path.abspath(path)
    if os.path.dirname(here) == here:
        return None
    return ".." if path == "." else f"{path}/.."


def outer_named(path: str, name: re.Pattern[str]) -> str | None:
    """The folder of such a name that the path leads through, or is; the innermost one."""
    at: str | None = path
    while at is not None:
        if name.match(base(at)):
            return at
        at = parent(at)
    return None


def absolute(path: str) -> str:
    """The path from the root, links not followed."""
    return os.path.abspath(path).replace(os.sep, "/")


def real(path: str) -> str:
    """The path from the root, links followed."""
    return os.path.realpath(path).replace(os.sep, "/")


def identity(path: str) -> tuple[int, int]:
    """What two paths to the same thing have in common. Raises OSError."""
    status = os.stat(path)
    return status.st_dev, status.st_ino


def outer(path: str) -> str:
    """What is before the last part of an absolute path."""
    return path.rpartition("/")[0]


def exists(path: str) -> bool:
    """Whether there is anything of that name, be it a link to nothing."""
    return os.path.lexists(path)


def is_file(path: str) -> bool:
    """Whether it is a regular file, links followed."""
    return os.path.isfile(path)


def is_folder(path: str) -> bool:
    """Whether it is a folder, links followed."""
    return os.path.isdir(path)


def is_link(path: str) -> bool:
    """Whether it is a symbolic link."""
    return os.path.islink(path)


def listed(path: str) -> Folder:
    """The folder's listing. Raises OSError where it cannot be read."""
    files: list[str] = []
    folders: list[str] = []
    with os.scandir(path) as entries:
        for entry in entries:
            (folders if _is_folder(entry) else files).append(entry.name)
    return Folder(path, tuple(sorted(files)), tuple(sorted(folders)))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # links in a circle: a file that cannot be read
        return False
