"""Folders for tests, written from a table, and histories in few words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from migration_lint.model import History


def write(root: Path, files: Mapping[str, str | bytes]) -> str:
    """Write the files under `root`, as UTF-8 where they are text, and return its path."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root.as_posix()


def empty(*names: str) -> dict[str, str]:
    """Files that hold the same harmless statement."""
    return dict.fromkeys(names, "SELECT 1;\n")


def ids(history: History) -> list[str]:
    """The ids of all migrations, in order."""
    return [migration.id for migration in history.migrations]


def targets(history: History) -> list[str]:
    """The ids of the targets, in the order of the migrations."""
    return [migration.id for migration in history.migrations if migration.id in history.targets]


def problems(history: History) -> list[tuple[str, int, str]]:
    """The errors, with the paths relative to the history."""
    root = history.root.rstrip("/") + "/"
    return [(error.path.removeprefix(root), error.line, error.message) for error in history.errors]
