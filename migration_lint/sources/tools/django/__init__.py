"""Django: Python files with lists of operations, in the order of their dependencies across apps.

The Python is read as syntax, and nothing of it is run. https://docs.djangoproject.com/en/stable/topics/migrations/
"""

from __future__ import annotations

from collections.abc import Sequence

from migration_lint.model import Document
from migration_lint.sources.folder import Folder, base, head, is_file, join, parent
from migration_lint.sources.source import Reading, Request, Source

_PROJECT = 4
"""Folders below a project in which the first app is looked for."""


class Django(Source):
    """The reader of projects. A project is the folder with ``manage.py``, or what its packages lie in."""

    name = "django"
    precedence = 20
    outside_transaction = "with `atomic = False` in its class Migration"
    edited = "Django does not notice: databases that ran it keep what it did, and new ones get something else"
    late = ""
    sweeps = False

    def recognises(self, folder: Folder) -> str | None:
        """``manage.py``, or packages with migrations in them."""
        if "manage.py" in folder.files and "__init__.py" not in folder.files:
            if "django" not in head(folder.join("manage.py")).lower():
                return None
            found = _an_app(folder)
            return f"manage.py and {found}" if found else None
        if "__init__.py" in folder.files:
            return None
        found = _an_app(folder)
        if found is None or self._root(join(folder.path, found)) != folder.path:
            return None
        return f"class Migration in {found}"

    def home(self, folder: Folder) -> str | None:
        """The project that a folder of migrations belongs to."""
        if any(name.endswith(".py") for name in folder.files):
            likely = base(folder.path).endswith("migrations") or any(n[:4].isdigit() for n in folder.files)
            if likely:
                from migration_lint.sources.tools.django.project import holds_migrations

                if holds_migrations(folder) is not None:
                    return self._root(folder.path)
        return None

    def _root(self, path: str) -> str:
        from migration_lint.sources.tools.django.project import root_of

        return root_of(path)

    def concerns(self, path: str) -> bool:
        """Migrations, and what says where they lie and how they run."""
        name = base(path)
        if not name.endswith(".py"):
            return name.endswith((".txt", ".toml", ".lock", ".cfg", ".in"))
        held = base(parent(path) or "")
        known = ("apps.py", "manage.py", "__init__.py", "fields.py")
        return held.endswith("migrations") or name in known or name[:4].isdigit() or "settings" in path

    def read(self, folder: Folder, request: Request) -> Sequence[Reading]:
        """All migrations of the project's apps."""
        from migration_lint.sources.tools.django import reading

        return [reading.read(folder, request)]

    def rendered(self, folder: Folder, readings: Sequence[Reading], request: Request) -> Sequence[Reading]:
        """With the SQL that the installed Django writes."""
        from migration_lint.sources.tools.django import rendering

        return [rendering.rendered(folder, readings[0], request), *readings[1:]]

    def single(self, document: Document, request: Request) -> Reading:
        """The document as a migration; what ran before it is not known."""
        from migration_lint.sources.tools.django import reading

        return reading.single(document, request)


def _an_app(folder: Folder) -> str | None:
    """A folder of migrations at most a few folders below, relative to this one."""
    from migration_lint.sources.discovery import skipped
    from migration_lint.sources.folder import listed
    from migration_lint.sources.tools.django.project import holds_migrations

    waiting = [(folder, "", 0)]
    while waiting:
        here, path, depth = waiting.pop(0)
        for name in here.folders:
            if skipped(here, name):
                continue
            try:
                inner = listed(here.join(name))
            except OSError:
                continue
            below = f"{path}/{name}" if path else name
            if name.endswith("migrations") and is_file(inner.join("__init__.py")) and holds_migrations(inner):
                return below
            if depth + 1 < _PROJECT:
                waiting.append((inner, below, depth + 1))
    return None


SOURCE = Django()
