"""Where a file lies in its repository: what CI servers match with the files of a change."""

from __future__ import annotations

import posixpath

from migration_lint.report.view import View


def repository_path(path: str, view: View) -> str:
    """A path relative to the root of the repository, with slashes and without ``./`` or ``../``.

    A path outside the repository stays absolute. What is no file (``<stdin>``) stays as it is.
    """
    if path.startswith("<"):
        return path
    if not view.root:
        return posixpath.normpath(path)
    root = view.root.replace("\\", "/").rstrip("/")
    absolute = posixpath.normpath(posixpath.join(view.folder.replace("\\", "/"), path))
    return absolute[len(root) + 1 :] if absolute.startswith(f"{root}/") else absolute
