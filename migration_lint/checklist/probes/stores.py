"""Where backups are kept: a folder of this machine, or an object store."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol

from migration_lint.checklist.unanswered import Unanswered

_UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", ".filepart")


class Store(Protocol):
    """What is asked of a place. Paths are the store's own."""

    def find(self, pattern: str) -> list[str]:
        """The files and folders that a glob matches. Raises `Unanswered` where nobody can look."""

    def names(self, path: str) -> list[str] | None:
        """What is in a folder, in order; None of what is no folder."""

    def modified(self, path: str) -> datetime:
        """When it was last written, with a time zone; of a folder, the newest file in it."""

    def size(self, path: str) -> int:
        """Bytes; of a folder, of all files in it."""

    def open(self, path: str) -> BinaryIO:
        """The content of a file."""

    def local(self, path: str) -> str | None:
        """The path for programs of this machine, None where there is none."""


class Folder:
    """The file system of this machine."""

    def find(self, pattern: str) -> list[str]:
        """A folder that is not there, or cannot be read, is no empty one."""
        fixed, moving = _parts(pattern)
        if not fixed.is_dir():
            raise Unanswered(f"the folder {fixed} is not there")
        if not os.access(fixed, os.R_OK | os.X_OK):
            raise Unanswered(f"the folder {fixed} cannot be read")
        return sorted(str(path) for path in fixed.glob(moving))

    def names(self, path: str) -> list[str] | None:
        """As the file system says."""
        return sorted(child.name for child in Path(path).iterdir()) if Path(path).is_dir() else None

    def modified(self, path: str) -> datetime:
        """The file system's own time, which a copy may have set."""
        newest = max((file.stat().st_mtime for file in _files(path)), default=Path(path).stat().st_mtime)
        return datetime.fromtimestamp(newest, timezone.utc)

    def size(self, path: str) -> int:
        """As they are on the disk, packed or not."""
        return sum(file.stat().st_size for file in _files(path))

    def open(self, path: str) -> BinaryIO:
        """To be closed by who opens it."""
        return Path(path).open("rb")

    def local(self, path: str) -> str | None:
        """It is one."""
        return path


class Stores:
    """This machine's folders, and object stores for paths that are URLs."""

    def find(self, pattern: str) -> list[str]:
        """By the store that the pattern names."""
        return _of(pattern).find(pattern)

    def names(self, path: str) -> list[str] | None:
        """By its store."""
        return _of(path).names(path)

    def modified(self, path: str) -> datetime:
        """By its store."""
        return _of(path).modified(path)

    def size(self, path: str) -> int:
        """By its store."""
        return _of(path).size(path)

    def open(self, path: str) -> BinaryIO:
        """By its store."""
        return _of(path).open(path)

    def local(self, path: str) -> str | None:
        """By its store."""
        return _of(path).local(path)


def _of(path: str) -> Store:
    if "://" not in path:
        return Folder()
    from migration_lint.checklist.probes.objects import Objects

    return Objects()


def unfinished(path: str) -> bool:
    """Whether the name says that it is still being written."""
    name = PurePosixPath(path.replace("\\", "/")).name
    return name.endswith(_UNFINISHED) or name.startswith(".")


def _parts(pattern: str) -> tuple[Path, str]:
    """The folder before the first part that is a glob, and the rest."""
    parts = Path(pattern).parts
    fixed = next((number for number, part in enumerate(parts) if glob.has_magic(part)), len(parts) - 1)
    return Path(*parts[:fixed]), str(Path(*parts[fixed:]))


def _files(path: str) -> Iterator[Path]:
    whole = Path(path)
    if not whole.is_dir():
        yield whole
        return
    yield from (file for file in whole.rglob("*") if file.is_file())
