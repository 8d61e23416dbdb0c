"""What the pipeline asks of an engine."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from migration_lint.catalog import Catalog
from migration_lint.model import Direction, Document, Error, Script, Step


class Outcome(Struct, frozen=True):
    """A script's steps, the catalog after them, and what could not be read."""

    steps: tuple[Step, ...]
    after: Catalog
    errors: tuple[Error, ...] = ()


def error_at(script: Script, at: int, message: str) -> Error:
    """What could not be read at an offset (in characters) of a script's SQL, in the file's own lines."""
    span = script.span(at, at)
    return Error(span.path, span.line, message)


class Engine(Protocol):
    """Predicts what a database server of one version does."""

    name: str
    version: str
    """The major version of PostgreSQL (``16``), the whole version of MySQL and MariaDB (``8.0.32``)."""

    def run(
        self,
        script: Script,
        before: Catalog,
        *,
        migration: str,
        direction: Direction = Direction.UP,
        tool: str = "sql",
    ) -> Outcome:
        """Fold over the statements of a script. One that cannot be read is an error; the rest is run."""

    def read_schema(self, document: Document) -> Outcome:
        """The catalog that a dump of the schema describes."""
