"""What a query does in all: the rows that it changes, what it reads, what the functions in it do."""

from __future__ import annotations

from collections.abc import Iterator

from migration_lint.effects import Effect
from migration_lint.engines.postgres.nodes import Node
from migration_lint.engines.postgres.reading import reads
from migration_lint.engines.postgres.situation import Situation
from migration_lint.engines.postgres.writing import changes, effects_of_calls


def query_effects(statement: Node, at: Situation, *, runs: bool = True) -> Iterator[Effect]:
    """The effects of a tagged SELECT, INSERT, UPDATE, DELETE or MERGE; not `runs`: it is only planned."""
    yield from changes(statement, at, runs=runs)
    yield from reads(statement, at, runs=runs)
    if runs:
        yield from effects_of_calls(statement, at)
