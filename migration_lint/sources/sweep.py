"""What of a folder no history has read, and links that lead out of it: nothing is passed over in silence."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from msgspec.structs import replace

from migration_lint.model import Error
from migration_lint.sources.discovery import skipped
from migration_lint.sources.folder import (
    absolute,
    exists,
    is_link,
    join,
    listed,
    outer,
    real,
)
from migration_lint.sources.source import Reading, Request, admitted

_NAMED_LIKE_A_FILE = re.compile(r"\.(?:sql|rb|exs|[cm]?[jt]s|py|xml|ya?ml|json)\Z", re.IGNORECASE)


def passed_over(
    root: str, told: Collection[str], others: Collection[str], request: Request, tool: str
) -> Iterator[Error]:
    """An error for each SQL file at or below a history's folder that is in nothing that was read.

    `told` are absolute paths of files, `others` those of folders that are histories of their own.
    """
    waiting = [root]
    while waiting:
        path = waiting.pop()
        try:
            folder = admitted(listed(path), request, tool)
        except OSError as problem:
            if absolute(path) not in told:
                yield Error(path, 1, f"cannot be read: {problem.strerror or problem}")
            continue
        for name in folder.sql:
            if absolute(folder.join(name)) not in told:
                yield Error(folder.join(name), 1, f"{tool} does not run it from here, so it was not read")
        for name in folder.folders:
            if _NAMED_LIKE_A_FILE.search(name) and absolute(folder.join(name)) not in told:
                yield Error(folder.join(name), 1, "a folder with the name of a file: it is not run")
        inner = [folder.join(name) for name in folder.folders if not skipped(folder, name)]
        waiting += [path for path in inner if absolute(path) not in others]


def without_links_out(root: str, reading: Reading) -> Reading:
    """Without the migrations of which a file lies elsewhere, with an error for each of these files.

    Somebody else's file would else be shown in the report of a change under review.
    """
    out = _leading_out(root, [path for entry in reading.entries for path in entry.files])
    if not out:
        return reading
    errors = tuple(Error(path, 1, "a link that leads out of the folder: it is not followed") for path in out)
    kept = tuple(entry for entry in reading.entries if not any(path in out for path in entry.files))
    return replace(reading, entries=kept, errors=(*reading.errors, *errors), complete=False)


def _leading_out(root: str, paths: Iterable[str]) -> list[str]:
    """The files that links lead to outside the repository (outside the folder, where it is in none)."""
    top = real(root)
    boundary = top
    while not exists(join(boundary, ".git")):
        if boundary == outer(boundary) or not outer(boundary):
            boundary = top
            break
        boundary = outer(boundary)
    folders: dict[str, str] = {}
    found = []
    for path in paths:
        held = outer(absolute(path))
        if held not in folders:
            folders[held] = real(held)
        target = real(path) if is_link(path) else join(folders[held], path.rpartition("/")[2])
        if target != boundary and not target.startswith(join(boundary, "")):
            found.append(path)
    return found
