"""What a check is: a question about one deployment, and who is asked."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct, field

from migration_lint.checklist.subject import Subject
from migration_lint.findings import Status
from migration_lint.targets import Target


class Answer(Struct, frozen=True):
    """What was found out. `why` is one line, or a line for each migration; `evidence` is plain JSON."""

    status: Status
    why: str
    evidence: dict[str, object] = field(default_factory=dict)


class Check(Struct, frozen=True):
    """One line of the checklist.

    `id` is ``group-name``; `title` is a sentence that is true when the check passes. `asks` says what
    `answer` will ask of whom, without asking. `answer` raises `Unanswered` where nothing can be told;
    `patience` is how many seconds it may take.
    """

    id: str
    title: str
    asks: Callable[[Subject], str]
    answer: Callable[[Subject], Answer]
    patience: Callable[[Subject], float]
    applies: Callable[[Target], bool] = lambda _: True
    """Whether the target has anything to ask about; where not, it is off unless somebody says otherwise."""


def passed(why: str, **evidence: object) -> Answer:
    """The check is met."""
    return Answer(Status.PASSED, why, evidence)


def failed(why: str, **evidence: object) -> Answer:
    """The check is not met."""
    return Answer(Status.FAILED, why, evidence)


def unknown(why: str, **evidence: object) -> Answer:
    """It cannot be told whether the check is met."""
    return Answer(Status.UNKNOWN, why, evidence)


def worst(answers: list[tuple[str, Answer]], good: str) -> Answer:
    """Answers about several things as one: the worst counts, and the lines of all that are no better than it.

    `answers` are (of what, answer); `good` is what to say where all of them passed.
    """
    evidence: dict[str, object] = {
        name: {"status": answer.status.value, "why": answer.why, **answer.evidence}
        for name, answer in answers
    }
    for status in (Status.FAILED, Status.UNKNOWN):
        found = [(name, answer) for name, answer in answers if answer.status is status]
        if found:
            return Answer(status, "\n".join(f"{name}: {answer.why}" for name, answer in found), evidence)
    return Answer(Status.PASSED, good, evidence)
