"""How far a rehearsal is: a line that moves on a terminal, a line for each statement in a log."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from migration_lint.cli.output import say
from migration_lint.report.escape import printable, width

if TYPE_CHECKING:
    from migration_lint.model import Step
    from migration_lint.rehearsal.observation import Observation
    from migration_lint.rehearsal.rehearse import Told

_WIDTH = 79


@contextmanager
def teller() -> Iterator[Told]:
    """What hears of each statement when it has run."""
    if not sys.stderr.isatty():
        yield lambda step, seen: say(_line(step, seen))
        return

    def show(step: Step, seen: Observation) -> None:
        text = printable(_line(step, seen))
        while width(text) > _WIDTH:
            text = text[:-1]
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()

    try:
        yield show
    finally:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


def _line(step: Step, seen: Observation) -> str:
    took = "" if seen.seconds is None else f" {seen.seconds:.3f} s"
    came = f"refused: {seen.error}" if seen.error is not None else "ok"
    sql = " ".join(step.sql.split())
    return f"{step.span.path}:{step.span.line}: {step.direction.value}{took} {came}: {sql[:60]}"
