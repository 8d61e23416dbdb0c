"""Take from each ``Good`` what makes it good, and a finding must appear.

Where what is left hurts nobody, none is due; whether it does is read off its predicted effects.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from msgspec import Struct
from msgspec.structs import replace

from migration_lint.effects import Lock, Scan
from migration_lint.linting.walk import walk
from migration_lint.model import Step

from .pages import PageExample, counted, examples, linted

_CARE = {
    "concurrently": re.compile(r"\s+CONCURRENTLY\b", re.IGNORECASE),
    "not valid": re.compile(r"\s+NOT\s+VALID\b", re.IGNORECASE),
    "lock_timeout": re.compile(
        r"^\s*SET\s+(?:LOCAL\s+|SESSION\s+)?lock_timeout\b[^;]*;[ \t]*\n?", re.I | re.M
    ),
}


class Mutation(Struct, frozen=True):
    """An example without one of the cares that it takes."""

    case: PageExample
    care: str

    @property
    def name(self) -> str:
        """The example's name and what was taken away."""
        return f"{self.case.name}:{self.care}"


def _mutations() -> Iterator[Mutation]:
    for case in examples("good"):
        for care, pattern in _CARE.items():
            careless = pattern.sub("", case.example.sql)
            if careless != case.example.sql and careless.strip():
                mutated = PageExample(case.rule, replace(case.example, sql=careless))
                if any(_hurts(step, care) for step in _steps(mutated)):
                    yield Mutation(mutated, care)


def _steps(case: PageExample) -> list[Step]:
    return [
        step
        for walked in walk(case.example.history(), case.engine)
        if walked.target
        for run in walked.runs
        for step in run.outcome.steps
    ]


def _hurts(step: Step, care: str) -> bool:
    """Whether somebody waits, for as long as that care would have spared them."""
    if care == "lock_timeout":
        locks = [lock for lock in step.each(Lock) if not step.is_new(lock.relation)]
        return any(lock.mode.blocks_reads or lock.mode.blocks_writes for lock in locks)
    return any(isinstance(effect, Scan) for effect in step.work) and bool(step.stalls())


MUTATIONS = list(_mutations())


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_careless_good_is_found(mutation: Mutation) -> None:
    case = mutation.case
    assert counted(linted(case)), case.example.sql


@pytest.mark.parametrize("care", _CARE)
def test_every_care_is_mutated_somewhere(care: str) -> None:
    assert sum(mutation.care == care for mutation in MUTATIONS) >= 3
