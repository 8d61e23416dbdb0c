"""A failure that somebody answers for, until a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from msgspec.structs import replace

from migration_lint.checklist.check import Answer
from migration_lint.findings import Status
from migration_lint.targets import Waiver


def covers(name: str, check: str) -> bool:
    """Whether a name of the configuration means a check: its id, or the group that it is in."""
    return check == name or check.startswith(f"{name}-")


def waived(check: str, answer: Answer, waivers: Sequence[Waiver], today: date) -> Answer:
    """The answer, waived where it is bad and a waiver covers the check today.

    What the check said stays in the evidence, and in the words.
    """
    if answer.status not in (Status.FAILED, Status.UNKNOWN):
        return answer
    covering = [waiver for waiver in waivers if covers(waiver.check, check)]
    waiver = max(covering, key=lambda one: one.until, default=None)
    if waiver is None:
        return answer
    said = f"by {waiver.by} until {waiver.until}: {waiver.reason}"
    if waiver.until < today:
        return replace(answer, why=f"{answer.why}\nthe waiver {said} has ended")
    evidence: dict[str, object] = {
        "waiver": {"by": waiver.by, "until": waiver.until.isoformat(), "reason": waiver.reason},
        "answer": {"status": answer.status.value, "why": answer.why, "evidence": answer.evidence},
    }
    return Answer(Status.WAIVED, f"{said}\n{answer.status.value}: {answer.why}", evidence)
