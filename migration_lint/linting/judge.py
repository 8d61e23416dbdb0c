"""Asks the rules about one script."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from migration_lint.effects import Lock, Unknown
from migration_lint.findings import Finding
from migration_lint.linting.crash import described
from migration_lint.linting.dispatch import Dispatch
from migration_lint.linting.rule import Rule
from migration_lint.linting.selection import Selection
from migration_lint.model import Error, History, Stall, Step

Answer = Callable[..., Iterable[Finding]]


def judge(
    steps: Sequence[Step], path: str, dispatch: Dispatch, selection: Selection
) -> tuple[list[Finding], list[Error]]:
    """The findings of a script, in the order of its text, and what could not be checked."""
    found: list[Finding] = []
    errors: list[Error] = []

    def ask(rule: Rule, step: Step | None, answer: Answer, *asked: object) -> list[Finding]:
        try:
            return [selection.applied(finding, rule) for finding in answer(*asked)]
        except Exception as error:  # recorded: a rule that crashes must be seen, and the rest goes on
            line = 1 if step is None else step.span.line
            errors.append(Error(path, line, f"rule {rule.id} crashed: {described(error)}"))
            return []

    waiting: list[tuple[Step, list[Finding]]] = []
    for step in steps:
        watch = dispatch.watch(step)
        own: list[Finding] = []
        for rule in watch.rules:
            own += ask(rule, step, rule.check, step)
        found += own
        if watch.unknown:
            errors += _not_understood(step)
        if watch.stalls:
            waiting.append((step, own))
    script_wide: list[Finding] = []
    for rule in dispatch.finishing:
        script_wide += ask(rule, None, rule.finish, steps)
    found += script_wide
    for step, own in waiting if dispatch.backstops else ():
        stalls = unexplained(step, own, script_wide)
        for backstop in dispatch.backstops if stalls else ():
            found += ask(backstop, step, backstop.check_unexplained, step, stalls)
    return _in_order(found), errors


def judge_history(
    history: History, dispatch: Dispatch, selection: Selection
) -> tuple[list[Finding], list[Error]]:
    """The findings of a history as a whole, and what could not be checked."""
    found: list[Finding] = []
    errors: list[Error] = []
    for rule in dispatch.of_history if history.irregularities else ():
        try:
            found += [selection.applied(finding, rule) for finding in rule.check_history(history)]
        except Exception as error:  # recorded, as in `judge`
            errors.append(Error(history.root, 1, f"rule {rule.id} crashed: {described(error)}"))
    return found, errors


def unexplained(step: Step, own: Sequence[Finding], script_wide: Sequence[Finding]) -> list[Stall]:
    """The stalls of a step that no finding about it explains.

    A finding explains a stall by its lock, a lock on the same relation, or the work that makes it long.
    What the server refuses holds up nobody.
    """
    stalls = step.stalls() if step.refused is None else []
    if not stalls:
        return []
    here = [f for f in script_wide if step.span.start <= f.span.start <= step.span.end] if script_wide else []
    because = [effect for finding in (*own, *here) for effect in finding.because]
    locked = {effect.relation for effect in because if isinstance(effect, Lock)}
    return [
        stall
        for stall in stalls
        if stall.lock.relation not in locked and not any(work in because for work in stall.work)
    ]


def _not_understood(step: Step) -> list[Error]:
    reasons = dict.fromkeys(effect.reason for effect in step.each(Unknown))
    return [Error(step.span.path, step.span.line, f"not understood: {reason}") for reason in reasons]


def _in_order(findings: Sequence[Finding]) -> list[Finding]:
    unique = {
        (finding.span.start, finding.span.end, finding.rule, finding.relation, finding.why): finding
        for finding in findings
    }
    return [unique[key] for key in sorted(unique)]
