"""How checks are asked: side by side, with a limit, and nothing passes on no answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone

import pytest

from migration_lint.checklist.asking import ask
from migration_lint.checklist.catalogue import CHECKS
from migration_lint.checklist.check import Answer, Check, failed, passed, unknown, worst
from migration_lint.checklist.policies import policies
from migration_lint.checklist.probes.postgres import Postgres
from migration_lint.checklist.subject import Subject
from migration_lint.checklist.unanswered import Unanswered
from migration_lint.errors import UsageError
from migration_lint.findings import Status, Verdict
from migration_lint.targets import Waiver
from tests.checklist.world import NOW, target

SUBJECT = Subject("production", target(), NOW, "postgres", "18", Postgres("production", None, 1))
TODAY = datetime.now(timezone.utc).date()


def check(answer: Callable[[Subject], Answer], name: str = "one-thing", patience: float = 10) -> Check:
    return Check(name, "A thing is so", lambda _: "nobody", answer, lambda _: patience)


def verdict(answer: Callable[[Subject], Answer], *waivers: Waiver, patience: float = 10) -> Verdict:
    (made,) = ask([check(answer, patience=patience)], SUBJECT, {"one-thing": "required"}, waivers)
    return made


def raising(error: Exception) -> Callable[[Subject], Answer]:
    def answer(_: Subject) -> Answer:
        raise error

    return answer


def waiver(name: str = "one-thing", days: int = 0) -> Waiver:
    return Waiver(check=name, reason="a reason", by="alice", until=TODAY + timedelta(days))


def test_an_answer_becomes_a_verdict() -> None:
    made = verdict(lambda _: passed("it is", asked="somebody"))
    assert (made.check, made.title, made.status, made.why) == (
        "one-thing",
        "A thing is so",
        Status.PASSED,
        "it is",
    )
    assert made.evidence == {"asked": "somebody"}
    assert datetime.fromisoformat(made.at).tzinfo is not None


def test_who_gives_no_answer_does_not_pass() -> None:
    made = verdict(raising(Unanswered("nobody is there")))
    assert (made.status, made.why, made.blocks) == (Status.UNKNOWN, "nobody is there", True)


def test_what_breaks_does_not_pass_and_tells_no_secret() -> None:
    made = verdict(raising(RuntimeError("postgres://me:s3cret@db failed")))
    assert made.status is Status.UNKNOWN and made.blocks
    assert "s3cret" not in made.why and "RuntimeError (test_asking.py:" in made.why


def test_what_hangs_does_not_pass_and_keeps_nobody() -> None:
    never = threading.Event()
    begun = time.monotonic()
    verdicts = ask(
        [
            check(lambda _: passed("slow") if never.wait(30) else passed("late"), "a-hangs", 0.2),
            check(lambda _: passed("quick"), "b-answers"),
        ],
        SUBJECT,
        {"a-hangs": "required", "b-answers": "required"},
        (),
    )
    never.set()
    assert time.monotonic() - begun < 5
    assert [(one.status, one.why) for one in verdicts] == [
        (Status.UNKNOWN, "no answer within 0.2 s"),
        (Status.PASSED, "quick"),
    ]


def test_all_are_asked_at_the_same_time() -> None:
    together = threading.Barrier(3, timeout=5)

    def answer(_: Subject) -> Answer:
        together.wait()
        return passed("met")

    checks = [check(answer, f"a-{number}") for number in range(3)]
    verdicts = ask(checks, SUBJECT, {one.id: "required" for one in checks}, ())
    assert {one.status for one in verdicts} == {Status.PASSED}


def test_what_only_advises_blocks_nothing() -> None:
    (made,) = ask([check(lambda _: failed("no"))], SUBJECT, {"one-thing": "advisory"}, ())
    assert (made.status, made.required, made.blocks) == (Status.FAILED, False, False)


@pytest.mark.parametrize("name", ["one-thing", "one"])
@pytest.mark.parametrize("answer", [failed("no"), unknown("cannot tell")])
def test_a_waiver_shows_who_why_until_when_and_what_was_said(name: str, answer: Answer) -> None:
    made = verdict(lambda _: answer, waiver(name))
    assert (made.status, made.blocks) == (Status.WAIVED, False)
    assert made.why == f"by alice until {TODAY}: a reason\n{answer.status.value}: {answer.why}"
    assert made.evidence["waiver"] == {"by": "alice", "until": TODAY.isoformat(), "reason": "a reason"}


def test_a_waiver_that_has_ended_waives_nothing() -> None:
    made = verdict(lambda _: failed("no"), waiver(days=-1))
    assert made.status is Status.FAILED and made.blocks
    assert made.why.startswith("no\nthe waiver by alice until ") and made.why.endswith("has ended")


def test_a_later_waiver_takes_over() -> None:
    assert verdict(lambda _: failed("no"), waiver(days=-1), waiver(days=3)).status is Status.WAIVED


def test_a_waiver_of_another_check_or_of_what_passes_does_nothing() -> None:
    assert verdict(lambda _: failed("no"), waiver("one-other"), waiver("on")).status is Status.FAILED
    assert verdict(lambda _: passed("yes"), waiver()).status is Status.PASSED


def test_every_check_is_required_unless_somebody_says_otherwise() -> None:
    usual = policies(CHECKS, target(queries=True))
    assert set(usual.values()) == {"required"}
    assert policies(CHECKS, target()) == usual | {"compatible-queries": "off"}
    said = policies(CHECKS, target(checks={"rollback": "advisory", "rollback-tested": "off"}))
    assert said["rollback-present"] == "advisory"
    assert said["rollback-tested"] == "off"
    assert said["backup-recent"] == "required"


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"checks": {"rolback": "off"}}, "checks: no check is called 'rolback'; did you mean 'rollback'"),
        (
            {"waivers": [{"check": "backups", "reason": "r", "by": "b", "until": date(2026, 1, 1)}]},
            "waivers: no check is called 'backups'; did you mean 'backup'",
        ),
    ],
)
def test_a_name_that_means_no_check_is_refused(settings: dict[str, object], complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        policies(CHECKS, target(**settings))


def test_checks_are_named_once_and_in_a_group() -> None:
    ids = [one.id for one in CHECKS]
    assert len(set(ids)) == len(ids)
    assert all(one.title and not one.title.endswith(".") for one in CHECKS)


@pytest.mark.parametrize(
    ("answers", "status", "why"),
    [
        ([], Status.PASSED, "good"),
        ([("a", passed("x"))], Status.PASSED, "good"),
        ([("a", passed("x")), ("b", unknown("y")), ("c", unknown("z"))], Status.UNKNOWN, "b: y\nc: z"),
        ([("a", unknown("x")), ("b", failed("y"))], Status.FAILED, "b: y"),
    ],
)
def test_the_worst_of_several_answers_counts(
    answers: list[tuple[str, Answer]], status: Status, why: str
) -> None:
    made = worst(answers, "good")
    assert (made.status, made.why) == (status, why)
    assert set(made.evidence) == {name for name, _ in answers}
