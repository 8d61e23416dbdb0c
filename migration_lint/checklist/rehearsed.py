"""What a rehearsal proved of a migration, if it holds for its scripts as they are and for this server."""

from __future__ import annotations

from datetime import timedelta

from msgspec import Struct

from migration_lint.checklist.subject import Subject
from migration_lint.evidence import Evidence, newest_for, read_evidence
from migration_lint.model import Migration
from migration_lint.targets import seconds

_HOW = "rehearse it: migration-lint rehearse"


class Rehearsed(Struct, frozen=True):
    """The evidence that holds, or why there is none."""

    evidence: Evidence | None
    why: str = ""

    @property
    def undone(self) -> bool:
        """Whether down brought the schema back, and up ran again after it."""
        return self.evidence is not None and all(
            result.status == "passed"
            for result in (
                self.evidence.results.applied,
                self.evidence.results.rollback_tested,
                self.evidence.results.fingerprint_equal,
            )
        )


def rehearsed(migration: Migration, subject: Subject) -> Rehearsed:
    """The newest evidence for a migration that counts for the target."""
    settings = subject.target.rollback
    every, errors = read_evidence(settings.evidence)
    evidence = newest_for(migration, every)
    if evidence is None:
        stale = [why for each in every if each.migration == migration.id and (why := each.stale(migration))]
        if stale:
            return Rehearsed(None, f"{stale[-1]}; {_HOW}")
        unread = f" ({errors[0].path}: {errors[0].message})" if errors else ""
        return Rehearsed(None, f"no rehearsal of it in {settings.evidence}{unread}; {_HOW}")
    if evidence.at > subject.now + timedelta(minutes=2):
        return Rehearsed(None, f"the rehearsal claims to be of {evidence.at.isoformat()}, which is to come")
    age = (subject.now - evidence.at).total_seconds()
    if settings.max_evidence_age is not None and age > seconds(settings.max_evidence_age):
        return Rehearsed(None, f"the rehearsal is older than {settings.max_evidence_age}; {_HOW}")
    if (evidence.engine, evidence.server_version.partition(".")[0]) != (
        subject.engine,
        subject.engine_version,
    ):
        return Rehearsed(
            None,
            f"it was rehearsed on {evidence.engine} {evidence.server_version}, and the target is "
            f"{subject.engine} {subject.engine_version}; {_HOW}",
        )
    return Rehearsed(evidence)
