"""The rollback was tried: a rehearsal of these very scripts went up, down and up again."""

from __future__ import annotations

from migration_lint.checklist.check import Answer, Check, failed, passed, unknown, worst
from migration_lint.checklist.irreversible import annotation
from migration_lint.checklist.rehearsed import rehearsed
from migration_lint.checklist.subject import Subject, limit
from migration_lint.linting.decide import counted
from migration_lint.linting.walk import Walked


def _asks(subject: Subject) -> str:
    settings = subject.target.rollback
    if settings.policy == "forward-fix":
        return "nobody: this target rolls forward (rollback.policy)"
    return f"the rehearsals in {settings.evidence}"


def _answer(subject: Subject) -> Answer:
    if subject.target.rollback.policy == "forward-fix":
        return passed("not needed: this target rolls forward (rollback.policy)")
    answers = [(walked.migration.id, _of(walked, subject)) for walked in subject.pending]
    return worst(answers, f"{counted(len(answers), 'migration')}: up, down, up again and compared")


def _of(walked: Walked, subject: Subject) -> Answer:
    reason = annotation(walked.migration.up)
    if reason:
        return passed(f"irreversible: {reason}")
    found = rehearsed(walked.migration, subject)
    if found.evidence is None:
        return unknown(found.why)
    results = found.evidence.results
    told = {
        "at": found.evidence.at.isoformat(),
        "server_version": found.evidence.server_version,
        "up_sha256": found.evidence.up_sha256,
        "down_sha256": found.evidence.down_sha256,
    }
    for name, result in (
        ("up", results.applied),
        ("down and up again", results.rollback_tested),
        ("the schema after down", results.fingerprint_equal),
    ):
        if result.status != "passed":
            answer = failed if result.status == "failed" else unknown
            return answer(f"in the rehearsal, {name}: {result.why or result.status}", **told)
    return passed("rehearsed", **told)


CHECK = Check("rollback-tested", "Rollback script tested", _asks, _answer, limit)
