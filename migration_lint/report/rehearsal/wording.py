"""Words about what was observed, which the forms for people share. They are not escaped."""

from __future__ import annotations

from collections.abc import Iterator

from migration_lint.effects import IndexBuild, Rewrite, Scan
from migration_lint.engines.postgres.locks import Mode
from migration_lint.evidence import Result
from migration_lint.linting.decide import counted
from migration_lint.rehearsal.comparison import Agreement, Fact
from migration_lint.rehearsal.fingerprint import ORDER, Difference
from migration_lint.rehearsal.observation import Observation
from migration_lint.rehearsal.outside import Outside
from migration_lint.rehearsal.queries.compatibility import Outcome
from migration_lint.rehearsal.results import MigrationRun, StatementRun
from migration_lint.rehearsal.rollback import Injection
from migration_lint.report.locks import waits

BLIND = (
    "what production's own sessions, rows and standbys add: how long a statement waits and works there",
    "locks that a statement gives back before it ends, and locks on the system's own catalogs",
    "relations with fewer than 20 rows: whether they were read or written as a whole",
)
"""What no rehearsal sees."""

_PRIVILEGE = "42501"
_STATEMENT = 100
_SHOWN = 5
_BECOMES = {
    Outcome.BROKEN: "breaks",
    Outcome.CHANGED: "changes",
    Outcome.UNCHECKED: "could not be prepared before either",
}
UNPREPARED = "of queries: values that a new constraint, trigger or policy refuses, and what PL/pgSQL runs"
"""What PREPARE does not see."""


def outcome(run: MigrationRun) -> str:
    """``applied: 3 statements in 4.2 ms``, ``the server refused the statement in line 3: …``."""
    applied = run.results.applied
    if applied.status == "passed":
        took = sum(each.observation.seconds or 0.0 for each in run.statements)
        return f"applied: {counted(len(run.statements), 'statement')} in {duration(took)}"
    refused = run.refused
    if refused is None:
        return applied.why
    hint = ""
    if str(refused.observation.error).startswith(_PRIVILEGE):
        hint = " (it ran as a role that is no superuser; --superuser if production's role is one)"
    ended = "ended" if refused.observation.timed_out else "refused"
    return f"{ended} in line {refused.step.span.line}: {applied.why}{hint}"


def statement(run: StatementRun) -> str:
    """The statement in one line, cut where it is long."""
    sql = " ".join(run.step.sql.split())
    return sql if len(sql) <= _STATEMENT else f"{sql[:_STATEMENT]}…"


def cost(seen: Observation) -> str:
    """``120.0 ms, 64 kB of WAL, 2.0 MB of temporary files``; what was not measured is left out."""
    parts = [] if seen.seconds is None else [duration(seen.seconds)]
    if seen.wal_bytes:
        parts.append(f"{size(seen.wal_bytes)} of WAL")
    if seen.temporary_bytes:
        parts.append(f"{size(seen.temporary_bytes)} of temporary files")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """``1.2 ms``, ``3.4 s``."""
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.1f} s"


def size(number: int) -> str:
    """Bytes, in the unit that reads best."""
    if number < 1024:
        return f"{number} bytes"
    if number < 1024**2:
        return f"{number / 1024:.0f} kB"
    return f"{number / 1024**2:.1f} MB"


def seen(run: StatementRun) -> Iterator[str]:
    """What the statement was seen doing, a line for each relation that it locks, then its work."""
    observation = run.observation
    for relation, mode in sorted(observation.locks.items()):
        who = [
            name
            for name, waiting in (("reads", observation.reads_wait), ("writes", observation.writes_wait))
            if relation in waiting
        ]
        if who:
            yield f"{mode} on {relation}: another session's {' and '.join(who)} waited"
        elif observation.seconds is None:
            yield f"{mode} on {relation}: {waits(Mode[mode])}"
        else:
            yield f"{mode} on {relation}: nobody waited"
    for effect in run.observed.effects:
        if isinstance(effect, Scan):
            yield f"every row of {effect.relation} was read"
        elif isinstance(effect, Rewrite):
            yield f"{effect.relation} was written anew"
        elif isinstance(effect, IndexBuild):
            yield f"index {effect.index} was built"
    for relation in sorted(observation.truncates):
        yield f"{relation} was emptied"


def verdict(run: StatementRun) -> list[str]:
    """How prediction and observation compare, in lines; a single line where they agree."""
    differing = run.facts_of(Agreement.PREDICTED_ONLY, Agreement.OBSERVED_ONLY)
    lines = [fact_words(fact) for fact in differing]
    confirmed = len(run.facts_of(Agreement.CONFIRMED))
    if not differing and confirmed:
        lines.append(f"as predicted ({counted(confirmed, 'fact')} confirmed)")
    lines += [fact_words(fact) for fact in run.facts_of(Agreement.NOT_COMPARABLE)]
    return lines


def fact_words(fact: Fact) -> str:
    """``predicted only: lock ShareLock on public.orders``."""
    what = " ".join(part for part in (fact.kind, fact.value) if part)
    on = f" on {fact.relation}" if fact.kind == "lock" else f" of {fact.relation}" if fact.relation else ""
    why = f" ({fact.why})" if fact.why else ""
    return f"{fact.agreement.value}: {what}{on}{why}"


def way_back(run: MigrationRun) -> list[tuple[bool, str]]:
    """(whether it is well, line) of the rollback and of the failures that were injected."""
    results, rollback = run.results, run.rollback
    lines = [_result("rollback", results.rollback_tested, "up, down and up again ran")]
    if rollback is not None and rollback.refused is None and rollback.again is None:
        lines.append(_result("after down", results.fingerprint_equal, "schema and rows are as before"))
        lines += [(each.kind == ORDER, difference(each)) for each in (*rollback.left, *rollback.apart)]
        lines += [(False, f"lost: {what}") for what in rollback.lost]
    for injection in run.injections:
        if injection.left:
            lines.append(_injected(run, injection))
    tried = len(run.injections)
    if tried and not any(injection.left for injection in run.injections):
        lines.append((True, f"a failure was injected at {counted(tried, 'place')}: nothing is left behind"))
    return lines


def deployed(run: MigrationRun) -> list[tuple[bool, str]]:
    """(whether it is well, line) of the deployed queries."""
    lines = [
        (each.outcome is not Outcome.BROKEN, f"{_BECOMES[each.outcome]}: {each.query}: {each.why}")
        for each in run.queries
    ]
    broken = sum(each.outcome is Outcome.BROKEN for each in run.queries)
    if run.prepared:
        end = f"{broken:,} of them broken or in functions" if broken else "none breaks"
        lines.append((not broken, f"deployed queries: {run.prepared:,} prepared before and after, {end}"))
    return lines


def _result(what: str, result: Result, passed: str) -> tuple[bool, str]:
    if result.status == "passed":
        return True, f"{what}: {passed}{f' ({result.why})' if result.why else ''}"
    state = "not tested" if result.status == "unknown" else "failed"
    return result.status == "unknown", f"{what} {state}: {result.why}"


def difference(one: Difference) -> str:
    """``missing: index public.i``, ``left over: …``, ``changed: …: A, was B``."""
    name = f"{one.kind} {one.identity}"
    if one.after is None:
        return f"missing: {name}"
    if one.before is None:
        return f"left over: {name}"
    return f"changed: {name}: {_short(one.after)}, was {_short(one.before)}"


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _STATEMENT else f"{flat[:_STATEMENT]}…"


def _injected(run: MigrationRun, injection: Injection) -> tuple[bool, str]:
    line = run.statements[injection.number].step.span.line
    where = f"in the midst of line {line}" if injection.midway else f"at line {line}"
    indexes = [each.after or "" for each in injection.left if each.kind == "index"]
    what = ", ".join(f"{each.kind} {each.identity}" for each in injection.left[:_SHOWN])
    more = f" and {len(injection.left) - _SHOWN} more" if len(injection.left) > _SHOWN else ""
    invalid = " (invalid)" if any(index.endswith(", invalid") for index in indexes) else ""
    left = f"a failure {where} leaves {what}{more}{invalid}"
    if injection.recovered is None:
        return True, f"{left}; there is no down script"
    if injection.recovered:
        return True, f"{left}; the down script puts that right"
    return False, f"{left}; {injection.why}"


def outside_lines(outside: Outside) -> list[tuple[bool, str]]:
    """(whether it is well, line) of what a tool's own command did."""
    lines = [(outside.problem is None, f"{outside.command}: {outside.problem or 'it ended well'}")]
    lines += [(False, f"  {line}") for line in outside.output]
    lines.append((True, f"{duration(outside.seconds)}, {size(outside.wal_bytes)} of WAL"))
    lines += [
        (True, f"{mode} on {name}: {waits(Mode[mode])}") for name, mode in sorted(outside.locks.items())
    ]
    lines += [(True, f"{name} was written anew") for name in outside.rewrites]
    for one in outside.changes:
        what = "new" if one.before is None else "gone" if one.after is None else "changed"
        lines.append((True, f"{what}: {one.kind} {one.identity}"))
    return lines
