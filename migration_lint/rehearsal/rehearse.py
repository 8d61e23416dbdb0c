"""The rehearsal itself: brings a database to the state before, then runs and observes what is new."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from migration_lint.engines.engine import Engine
from migration_lint.evidence import Result, Results
from migration_lint.findings import Finding
from migration_lint.linting.rule import Backstop
from migration_lint.linting.walk import Run, Walked, walk
from migration_lint.model import Error, History, Script, Step
from migration_lint.rehearsal import roles
from migration_lint.rehearsal.comparison import compare
from migration_lint.rehearsal.database import Database, Host
from migration_lint.rehearsal.fingerprint import fingerprint
from migration_lint.rehearsal.limits import Limits
from migration_lint.rehearsal.observation import Observation
from migration_lint.rehearsal.observe import observe
from migration_lint.rehearsal.queries.code import Code
from migration_lint.rehearsal.queries.compatibility import Order
from migration_lint.rehearsal.queries.query import Query
from migration_lint.rehearsal.replay import Refusal, play
from migration_lint.rehearsal.results import MigrationRun, StatementRun
from migration_lint.rehearsal.rollback import go_back, inject, left_behind
from migration_lint.rehearsal.state import Rows, restore, sow
from migration_lint.rehearsal.statements import Statement, statements_of
from migration_lint.rehearsal.surprises import observed_step, surprises

Told = Callable[[Step, Observation], None]
"""Hears of each statement that was observed."""


class Plan(Struct, frozen=True):
    """How to rehearse. `owner` is the role that runs the migrations; `tell` hears of each statement.

    `dump` is a schema to start from; `rows` are put in before the first target. `deployed` are the
    queries of the code that runs now, `new` those of the code that comes. `keep`: the databases are left
    as they are.
    """

    owner: str
    tell: Told
    limits: Limits = Limits()
    backstops: tuple[Backstop, ...] = ()
    dump: Run | None = None
    rows: Rows = Rows()
    deployed: tuple[Query, ...] = ()
    new: tuple[Query, ...] = ()
    keep: bool = False


class Outcome(Struct, frozen=True):
    """What was found out of one history. `database` is its database, where it was to be kept."""

    runs: Sequence[MigrationRun]
    findings: Sequence[Finding]
    errors: Sequence[Error]
    notes: Sequence[str]
    database: str | None
    order: Order | None = None


def rehearse(host: Host, engine: Engine, history: History, plan: Plan) -> Outcome:
    """Rehearse the targets of a history, in a database of its own that is dropped afterwards."""
    if not history.targets:
        return Outcome((), (), history.errors, (), None)
    before = roles.known(host)
    wanted, made = roles.named(_scripts(history, plan))
    made_up = roles.make_up(host, wanted, plan.owner)
    notes = [f"roles that the migrations name were made up: {', '.join(made_up)}"] if made_up else []
    rehearsing = _Rehearsing(host, engine, plan, made)
    try:
        runs = list(rehearsing.history(history))
    finally:
        if not plan.keep:
            rehearsing.database.drop()
            roles.forget(host, before, made.union(made_up))
    kept = rehearsing.database.name if plan.keep else None
    errors = (*history.errors, *rehearsing.errors)
    notes += rehearsing.notes
    return Outcome(runs, rehearsing.findings, errors, notes, kept, rehearsing.order)


class _Rehearsing:
    """One history on its way. `database` is in the state that the migrations so far have left."""

    def __init__(self, host: Host, engine: Engine, plan: Plan, made_roles: frozenset[str]) -> None:
        self.database = Database.create(host, plan.owner)
        self.errors: list[Error] = []
        self.findings: list[Finding] = []
        self.order: Order | None = None
        self.notes: list[str] = []
        self._host = host
        self._engine = engine
        self._plan = plan
        self._made_roles = made_roles

    def history(self, history: History) -> Iterator[MigrationRun]:
        """Its targets, up to the first that the server refuses. What comes after them is not run."""
        dump = self._plan.dump
        failed: str | None = None
        code: Code | None = None
        left = set(history.targets)
        if dump is not None:
            self.errors += restore(self.database, dump)
        for walked in walk(history, self._engine, dump.outcome.after if dump is not None else None):
            if not left:
                break
            left.discard(walked.migration.id)
            if failed is not None:
                if walked.target:
                    why = f"{failed} failed before it"
                    self.errors.append(Error(walked.migration.path, 1, why))
            elif not walked.target:
                failed = None if self._context(walked) else walked.migration.id
            else:
                if code is None:
                    errors, notes = sow(self.database, self._plan.rows)
                    self.errors += errors
                    self.notes += notes
                    code = Code(self.database, self._plan.deployed, self._plan.new)
                run = self._target(walked, code)
                yield run
                failed = None if run.results.applied.status == "passed" else walked.migration.id
        if code is not None and failed is None:
            self.order = code.order(self.database)

    def _context(self, walked: Walked) -> bool:
        """Run an earlier migration; whether that went well."""
        run = walked.runs[0]
        refusal = play(self.database, sent(run), run.script.transaction, self._plan.limits)
        if refusal is None:
            return True
        steps = run.outcome.steps
        line = steps[refusal.number].span.line if refusal.number < len(steps) else 1
        why = f"an earlier migration fails, so there is no state before: {refusal.told()}"
        self.errors.append(Error(run.script.document.path, line, why))
        return False

    def _target(self, walked: Walked, code: Code) -> MigrationRun:
        up, *downs = walked.runs
        began = time.perf_counter()
        if up.outcome.errors:  # what cannot be read statement by statement cannot be observed so
            self.errors += up.outcome.errors
            unread = Result("unknown", "the script cannot be read, so it was not run")
            return MigrationRun(walked.migration, (), Results(unread, unread, unread, unread), 0.0)
        kept, roles_before, before = self.database.copy(), roles.known(self._host), fingerprint(self.database)
        limits = self._plan.limits
        statements = self._observed(up)
        seconds = time.perf_counter() - began
        down = self._down(downs)
        refusal = _refusal(statements)
        unknown = Result("unknown", "not tried")
        if refusal is not None:
            left = left_behind(self.database, before, refusal.number, False, down, limits)
            self._begin_again(kept, roles_before)
            results = Results(Result("failed", refusal.message), unknown, unknown, unknown)
            return MigrationRun(walked.migration, statements, results, seconds, injections=(left,))
        back: list[StatementRun] = []

        def undo(script: Run) -> Refusal | None:
            back.extend(self._observed(script))
            return _refusal(back)

        rollback = go_back(self.database, kept, before, up, down, undo, limits) if down is not None else None
        self._begin_again(kept, roles_before)

        def clean() -> None:
            roles.forget(self._host, roles_before, self._made_roles)

        injections = tuple(inject(self.database, before, up, down, limits, clean))
        self._forward(up)
        queries = code.after(self.database)
        no_way_back = unknown if downs else Result("unknown", "there is no down script")
        return MigrationRun(
            walked.migration,
            statements,
            Results(
                Result("passed"),
                rollback.tested() if rollback is not None else no_way_back,
                rollback.equal() if rollback is not None else no_way_back,
                code.result(queries),
            ),
            seconds,
            tuple(back),
            rollback,
            injections,
            queries,
            code.checked,
        )

    def _down(self, downs: Sequence[Run]) -> Run | None:
        """The down script, where there is one and it can be read."""
        for down in downs:
            self.errors += down.outcome.errors
            if not down.outcome.errors:
                return down
        return None

    def _begin_again(self, kept: Database, roles_before: frozenset[str]) -> None:
        """Put the database of before in the place of the one that was worked in."""
        self.database.drop()
        roles.forget(self._host, roles_before, self._made_roles)
        self.database = kept

    def _forward(self, up: Run) -> None:
        """Up once more, to go on from there."""
        refusal = play(self.database, statements_of(up), up.script.transaction, self._plan.limits)
        if refusal is not None:
            why = f"it ran once, and not a second time from the same state: {refusal.told()}"
            self.errors.append(Error(up.script.document.path, 1, why))

    def _observed(self, run: Run) -> tuple[StatementRun, ...]:
        steps = run.outcome.steps
        observations = observe(
            self.database,
            statements_of(run),
            run.script.transaction,
            limits=self._plan.limits,
            tell=lambda number, observation: self._plan.tell(steps[number], observation),
        )
        made: list[StatementRun] = []
        for step, observation in zip(steps, observations, strict=False):
            facts = compare(step, observation)
            earlier = made[-1] if made and _same_transaction(made[-1].step, step) else None
            observed = observed_step(step, observation, facts, earlier.observation if earlier else None)
            self.findings += surprises(step, observed, self._plan.backstops)
            made.append(StatementRun(step, observation, tuple(facts), observed))
        return tuple(made)


def _scripts(history: History, plan: Plan) -> Iterator[Script]:
    """All that may run."""
    if plan.dump is not None:
        yield plan.dump.script
    for migration in history.migrations:
        yield migration.up
        if migration.down is not None:
            yield migration.down


def sent(run: Run) -> list[Statement]:
    """The statements of a script; the script whole, where it cannot be read."""
    return [Statement(run.script.sql)] if run.outcome.errors else statements_of(run)


def _same_transaction(one: Step, other: Step) -> bool:
    number = one.session.transaction
    return number is not None and number == other.session.transaction


def _refusal(runs: Sequence[StatementRun]) -> Refusal | None:
    """What ended a script that was observed."""
    for number, run in enumerate(runs):
        if run.observation.error is not None:
            return Refusal(number, run.observation.error)
    return None
