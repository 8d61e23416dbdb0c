"""Asks every check at the same time, and makes verdicts of the answers.

A check runs in a thread of its own, which may hang: it is left behind when its time is up, and the
answer is unknown. What a check raises is unknown too.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from queue import Empty, SimpleQueue
from threading import Thread

from migration_lint.checklist.check import Answer, Check, unknown
from migration_lint.checklist.subject import Subject
from migration_lint.checklist.unanswered import Unanswered
from migration_lint.checklist.waivers import waived
from migration_lint.findings import Verdict
from migration_lint.targets import Policy, Waiver

_Answers = SimpleQueue[tuple[int, Answer, float]]


def ask(
    checks: Sequence[Check], subject: Subject, policies: Mapping[str, Policy], waivers: Sequence[Waiver]
) -> tuple[Verdict, ...]:
    """A verdict for each check, in their order. `policies` are by the id of the check."""
    answers = _answers(checks, subject)
    return tuple(
        _verdict(check, answer, policies[check.id], waivers, at)
        for check, (answer, at) in zip(checks, answers, strict=True)
    )


def _answers(checks: Sequence[Check], subject: Subject) -> list[tuple[Answer, datetime]]:
    told: _Answers = SimpleQueue()
    begun = time.monotonic()
    for number, check in enumerate(checks):
        # A daemon, so that a thread that hangs does not keep the program from ending.
        Thread(target=_asked, args=(number, check, subject, told), name=check.id, daemon=True).start()
    ends = [begun + check.patience(subject) for check in checks]
    found: dict[int, tuple[Answer, datetime]] = {}
    while len(found) < len(checks):
        now = time.monotonic()
        late = [number for number in range(len(checks)) if number not in found and ends[number] <= now]
        for number in late:
            limit = ends[number] - begun
            found[number] = (unknown(f"no answer within {limit:g} s"), datetime.now(timezone.utc))
        left = [ends[number] for number in range(len(checks)) if number not in found]
        if not left:
            break
        try:
            number, answer, at = told.get(timeout=max(0.0, min(left) - now))
        except Empty:
            continue
        found.setdefault(number, (answer, datetime.fromtimestamp(at, timezone.utc)))
    return [found[number] for number in range(len(checks))]


def _asked(number: int, check: Check, subject: Subject, told: _Answers) -> None:
    try:
        answer = check.answer(subject)
    except Unanswered as reason:
        answer = unknown(str(reason))
    except Exception as error:  # recorded: one check must not hide the others, and none passes by it
        answer = unknown(_crashed(error))
    told.put((number, answer, time.time()))


def _crashed(error: Exception) -> str:
    """Without the exception's own words: a driver's may hold a password."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = (
        ""
        if trace is None
        else f" ({trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno})"
    )
    return f"this is a bug in migration-lint, please report it: {type(error).__name__}{place}"


def _verdict(
    check: Check, answer: Answer, policy: Policy, waivers: Sequence[Waiver], at: datetime
) -> Verdict:
    answer = waived(check.id, answer, waivers, at.date())
    return Verdict(
        check.id,
        answer.status,
        answer.why,
        answer.evidence,
        at.isoformat(timespec="seconds"),
        check.title,
        policy == "required",
    )
