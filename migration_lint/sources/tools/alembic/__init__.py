"""Alembic: Python files of ``op.…`` calls, in the order of their ``down_revision``.

The Python is read as syntax, and nothing of it is run. https://alembic.sqlalchemy.org
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from migration_lint.model import Document
from migration_lint.sources.folder import Folder, head, is_file, join, listed, parent
from migration_lint.sources.source import Reading, Request, Source

_REVISION = re.compile(r"^down_revision\s*(?::[^=\n]+)?=", re.MULTILINE)
_TABLE = re.compile(r"^\[tool\.alembic\]", re.MULTILINE)
_SAMPLE = 5


class Alembic(Source):
    """The reader of script locations."""

    name = "alembic"
    precedence = 10
    outside_transaction = "inside `with op.get_context().autocommit_block():`"
    edited = (
        "Alembic does not notice: databases that ran it keep what it did, and new ones get something else"
    )
    late = ""

    def recognises(self, folder: Folder) -> str | None:
        """A configuration of its own, the environment, or revisions."""
        if "alembic.ini" in folder.files:
            return "alembic.ini"
        if "env.py" in folder.files and ("versions" in folder.folders or "script.py.mako" in folder.files):
            return "env.py and versions/"
        if "pyproject.toml" in folder.files and _TABLE.search(head(folder.join("pyproject.toml"))):
            return "[tool.alembic] in pyproject.toml"
        revision = _a_revision(folder)
        return f"down_revision in {revision}" if revision else None

    def home(self, folder: Folder) -> str | None:
        """The script location: the folder with ``env.py``, or that of the revisions."""
        if "alembic.ini" in folder.files or "pyproject.toml" in folder.files:
            if self.recognises(folder) is None:
                return None
            from migration_lint.sources.tools.alembic.configuration import configuration_of

            return configuration_of(folder.path).location
        if self.recognises(folder) is None:
            return None
        outer = parent(folder.path)
        if "env.py" not in folder.files and outer is not None and is_file(join(outer, "env.py")):
            return outer
        return folder.path

    def read(self, folder: Folder, request: Request) -> Sequence[Reading]:
        """All revisions, each after those that it comes after."""
        from migration_lint.sources.tools.alembic import reading

        return [reading.read(folder, request)]

    def rendered(self, folder: Folder, readings: Sequence[Reading], request: Request) -> Sequence[Reading]:
        """With the SQL that the installed Alembic writes offline."""
        from migration_lint.sources.tools.alembic import rendering

        return [rendering.rendered(folder, readings[0], request), *readings[1:]]

    def single(self, document: Document, request: Request) -> Reading:
        """The document as a revision; what ran before it is not known."""
        from migration_lint.sources.tools.alembic import reading

        return reading.single(document)


def _a_revision(folder: Folder) -> str | None:
    """The first of a few files that is a revision by its looks."""
    names = [name for name in folder.files if name.endswith(".py") and name[0] not in "_."]
    return next((name for name in names[:_SAMPLE] if _REVISION.search(head(folder.join(name)))), None)


def holds_revisions(path: str) -> bool:
    """Whether the folder at a path holds revisions."""
    try:
        return _a_revision(listed(path)) is not None
    except OSError:
        return False


SOURCE = Alembic()
