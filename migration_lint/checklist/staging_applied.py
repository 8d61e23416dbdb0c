"""Every pending migration ran on staging: to its end, with this content, and long enough ago."""

from __future__ import annotations

from collections.abc import Mapping

from migration_lint.checklist.check import Answer, Check, failed, passed, unknown, worst
from migration_lint.checklist.histories.reading import read_history
from migration_lint.checklist.histories.table import Entry, State
from migration_lint.checklist.probes.postgres import Postgres
from migration_lint.checklist.subject import Subject, limit
from migration_lint.checklist.times import ago
from migration_lint.checklist.unanswered import Unanswered
from migration_lint.linting.decide import counted
from migration_lint.targets import seconds

NONE = "no staging is named: set staging.target to another of the targets"


def staging_of(subject: Subject) -> Postgres:
    """The staging database. Raises `Unanswered` where none is named."""
    if subject.staging is None:
        raise Unanswered(NONE)
    return subject.staging


def asks(subject: Subject) -> str:
    """Who is asked of staging."""
    return f"{subject.staging.name} ({subject.staging.address})" if subject.staging is not None else NONE


def _asks(subject: Subject) -> str:
    return f"{asks(subject)}, which migrations it has run, when, and with what content"


def _answer(subject: Subject) -> Answer:
    staging = staging_of(subject)
    wanted = {walked.migration.id for walked in subject.pending}
    if not wanted:
        return passed("nothing is pending")
    named = subject.staging_target.history_table if subject.staging_target is not None else None
    entries: dict[str, Entry] = {}
    for history in subject.histories:
        if wanted & {one.id for one in history.migrations}:
            entries |= read_history(staging, history, named)
    soak = subject.target.staging.min_soak if subject.target.staging is not None else "0s"
    answers = [(name, _of(entries[name], soak)) for name in entries if name in wanted]
    return worst(answers, _good(answers, entries))


def _of(entry: Entry, soak: str) -> Answer:
    if entry.state is State.MISSING:
        return failed(f"it has not run on staging{f': {entry.why}' if entry.why else ''}")
    if entry.state is State.FAILED:
        return failed(f"it failed on staging: {entry.why}")
    if entry.same is False:
        return failed("it ran on staging with another content: run this one there")
    if seconds(soak) > 0:
        if entry.age is None:
            return unknown(f"the history does not say when it ran, and min_soak is {soak}")
        if entry.age < seconds(soak):
            return failed(f"it ran on staging {ago(entry.age)} ago, and {soak} is the least (min_soak)")
    return passed("it ran on staging", seconds_ago=entry.age, content_compared=entry.same is True)


def _good(answers: list[tuple[str, Answer]], entries: Mapping[str, Entry]) -> str:
    compared = sum(entries[name].same is True for name, _ in answers)
    ages = [age for name, _ in answers if (age := entries[name].age) is not None]
    said = f"{counted(len(answers), 'migration')} ran there"
    if ages:
        said += f", the last {ago(min(ages))} ago"
    if compared == len(answers):
        return f"{said}, with this content"
    return f"{said}; the history keeps no content to compare" if not compared else said


CHECK = Check("staging-applied", "Migration tested on staging", _asks, _answer, limit)
