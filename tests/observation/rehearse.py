"""Whole histories on a real server, statement by statement beside what the engine predicts."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from msgspec import Struct

from migration_lint.engines.engine import Engine
from migration_lint.linting.walk import Run, walk
from migration_lint.model import History, Step

from ..server import Database
from .observation import Difference, Observation, differences
from .observe import Statement, observe


class Rehearsed(Struct, frozen=True):
    """One statement as predicted and as observed. `target`: its migration is to be judged."""

    step: Step
    observation: Observation
    target: bool

    @property
    def differences(self) -> list[Difference]:
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
    observed = observe(database, statements(run), run.script.transaction)
    for step, observation in zip(steps, observed, strict=False):
        yield Rehearsed(step, observation, target)
    return bool(observed) and observed[-1].error is not None


def statements(run: Run) -> list[Statement]:
    """The statements of a script, with the rows that follow a ``COPY … FROM stdin``."""
    sql, steps = run.script.sql, run.outcome.steps
    starts = [step.start for step in steps[1:]] + [len(sql)] * bool(steps)
    return [
        Statement(step.sql, _rows(sql[step.end : start])) for step, start in zip(steps, starts, strict=True)
    ]


def _rows(after: str) -> str:
    """The lines up to ``\\.``, where there is one."""
    lines = after.splitlines(keepends=True)[1:]
    ends = [number for number, line in enumerate(lines) if line.rstrip("\r\n") == "\\."]
    return "".join(lines[: ends[0]]) if ends else ""
