"""For every tool: a migration that cannot be read is told by name, and the others are read."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from migration_lint.model import History
from migration_lint.sources import load
from tests.sources.folders import write
from tests.sources.tool_folders import FOLDERS


def fifo(path: Path) -> None:
    os.mkfifo(path)


def folder(path: Path) -> None:
    path.mkdir()


def dangling(path: Path) -> None:
    path.symlink_to("nowhere")


def circle(path: Path) -> None:
    path.symlink_to(path.name)


def link_out(path: Path) -> None:
    path.symlink_to("/etc/hostname")


def huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(50_000_000)


MAKERS: list[Callable[[Path], None]] = [fifo, folder, dangling, circle, link_out, huge]


def read(tmp_path: Path, tool: str, make: Callable[[Path], None]) -> tuple[str, list[History]]:
    """The tool's folder with its last migration made into something else."""
    place, files, *_ = FOLDERS[tool]
    root = write(tmp_path / "r", files)
    [before] = load([f"{root}/{place}"])
    path = before.migrations[-1].path
    Path(path).unlink()
    make(Path(path))
    return path, load([f"{root}/{place}"], tool=tool)


@pytest.mark.parametrize("tool", FOLDERS)
@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_what_is_no_readable_file_is_told(tmp_path: Path, tool: str, make: Callable[[Path], None]) -> None:
    path, histories = read(tmp_path, tool, make)
    told = [error.message for history in histories for error in history.errors if error.path.startswith(path)]
    assert told, [error for history in histories for error in history.errors]
    texts = [migration.up.document.text for history in histories for migration in history.migrations]
    assert Path("/etc/hostname").read_text() not in texts
    assert not any("\0" in text for text in texts)
    seen = [migration.id for history in histories for migration in history.migrations]
    assert set(seen) <= set(FOLDERS[tool][2])
    assert all(migration.path != path for history in histories for migration in history.migrations)
