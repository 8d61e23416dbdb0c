"""Whole histories on a real server, statement by statement beside what the engine predicts."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from msgspec import Struct

from migration_lint.engines.engine import Engine
from migration_lint.linting.walk import Run, walk
from migration_lint.model import History, Step
from migration_lint.rehearsal.comparison import Fact, differences
from migration_lint.rehearsal.database import Database
from migration_lint.rehearsal.observation import Observation
from migration_lint.rehearsal.observe import observe
from migration_lint.rehearsal.statements import statements_of


class Rehearsed(Struct, frozen=True):
    """One statement as predicted and as observed. `target`: its migration is to be judged."""

    step: Step
    observation: Observation
    target: bool

    @property
    def differences(self) -> list[Fact]:
        """Where the two are not the same."""
        return differences(self.step, self.observation)


def rehearse(database: Database, engine: Engine, history: History) -> Iterator[Rehearsed]:
    """Run a history in an empty database; a down script in a copy, as the history goes on from up.

    Ends after the first statement that the server refuses.
    """
    for walked in walk(history, engine):
        up, *downs = walked.runs
        if (yield from _run(database, up, walked.target)):
            return
        for down in downs:
            copy = database.copy()
            try:
                yield from _run(copy, down, walked.target)
            finally:
                copy.drop()


def _run(database: Database, run: Run, target: bool) -> Generator[Rehearsed, None, bool]:
    """Yields the statements of one script; returns whether one was refused."""
    assert run.outcome.errors == (), run.outcome.errors
    steps = run.outcome.steps
    observed = observe(database, statements_of(run), run.script.transaction, probe=False)
    for step, observation in zip(steps, observed, strict=False):
        yield Rehearsed(step, observation, target)
    return bool(observed) and observed[-1].error is not None
