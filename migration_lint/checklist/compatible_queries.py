"""The deployed code's queries still work: a rehearsal of these very scripts has tried them."""

from __future__ import annotations

from migration_lint.checklist.check import Answer, Check, failed, passed, unknown, worst
from migration_lint.checklist.rehearsed import rehearsed
from migration_lint.checklist.subject import Subject, limit
from migration_lint.linting.decide import counted
from migration_lint.linting.walk import Walked


def _asks(subject: Subject) -> str:
    return f"the rehearsals in {subject.target.rollback.evidence}, whether the deployed queries still work"


def _answer(subject: Subject) -> Answer:
    answers = [(walked.migration.id, _of(walked, subject)) for walked in subject.pending]
    return worst(answers, f"they work after {counted(len(answers), 'migration')}")


def _of(walked: Walked, subject: Subject) -> Answer:
    found = rehearsed(walked.migration, subject)
    if found.evidence is None:
        return unknown(found.why)
    result = found.evidence.results.queries_ok
    if result.status == "passed":
        return passed(result.why or "they work")
    why = result.why or "nobody tried them: migration-lint rehearse --queries"
    return failed(why) if result.status == "failed" else unknown(why)


CHECK = Check(
    "compatible-queries",
    "The deployed queries still work",
    _asks,
    _answer,
    limit,
    lambda target: target.queries,
)
