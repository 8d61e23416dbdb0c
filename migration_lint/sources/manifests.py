"""What the files around a history say of its tool: manifests of packages, configurations."""

from __future__ import annotations

import re

from migration_lint.sources.folder import above, absolute, exists, head, is_file, join, outer

_LEVELS = 6


def mentions(folder: str, manifest: str, word: str) -> str | None:
    """The nearest file of that name, at or above the folder, that has the word in it; None: none has."""
    pattern = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])")
    path: str | None = folder
    for _ in range(_LEVELS):
        if path is None:
            break
        found = join(path, manifest)
        if is_file(found) and pattern.search(head(found)):
            return found
        if exists(join(path, ".git")):
            break
        path = above(path)
    return None


def named_by(configuration: str, folder: str, value: str) -> bool:
    """Whether `value`, a path relative to a configuration file, names the folder."""
    base = outer(absolute(configuration))
    return absolute(value if value.startswith("/") else join(base, value)) == absolute(folder)
