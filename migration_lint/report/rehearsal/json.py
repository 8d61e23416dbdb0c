"""For programs. `migration_lint/schemas/rehearsal.json` is the schema."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

import migration_lint
from migration_lint.effects import Impact
from migration_lint.evidence import Results
from migration_lint.findings import Decision
from migration_lint.model import Error
from migration_lint.rehearsal.comparison import Fact
from migration_lint.rehearsal.fingerprint import Difference
from migration_lint.rehearsal.outside import Outside
from migration_lint.rehearsal.results import MigrationRun, Rehearsal, StatementRun
from migration_lint.rehearsal.rollback import Rollback
from migration_lint.report.effects import effect_value
from migration_lint.report.encode import json_schema, json_text
from migration_lint.report.formats.json import FindingJson, ToolJson, finding_json
from migration_lint.report.rehearsal import wording
from migration_lint.report.view import View

SCHEMA: Literal["migration-lint/rehearsal/1"] = "migration-lint/rehearsal/1"


class FactJson(Struct, frozen=True):
    """A fact that was predicted or observed, and what came of it. `value` is a lock's mode."""

    kind: str
    relation: str
    value: str
    agreement: Literal["confirmed", "predicted only", "observed only", "not comparable"]
    why: str


class StatementJson(Struct, frozen=True):
    """One statement. `impacts` are those that were observed; `error` is why the server refused it.

    `seconds`, `wal_bytes` and `temporary_bytes` are null where they could not be measured, `reads_wait`
    and `writes_wait` the relations where another session waited. `blind` is what was not seen.
    """

    line: int
    end_line: int
    sql: str
    error: str | None
    seconds: float | None
    wal_bytes: int | None
    temporary_bytes: int | None
    reads_wait: list[str]
    writes_wait: list[str]
    impacts: list[dict[str, Any]]
    comparison: list[FactJson]
    blind: tuple[str, ...]


class DifferenceJson(Struct, frozen=True):
    """An object that is not the same in two states: its definitions, null where it is not there."""

    kind: str
    identity: str
    before: str | None
    after: str | None


class RollbackJson(Struct, frozen=True):
    """Up, down, up again.

    `left` and `lost` are what down did not bring back, `apart` what the second up made otherwise.
    """

    left: list[DifferenceJson]
    lost: tuple[str, ...]
    apart: list[DifferenceJson]


class InjectionJson(Struct, frozen=True):
    """A failure in the up script at a line, or in the midst of its statement; what is left of it.

    `recovered`: the down script puts that right; null where nothing is to be put right, or by nothing.
    """

    line: int
    midway: bool
    left: list[DifferenceJson]
    recovered: bool | None
    why: str


class QueryJson(Struct, frozen=True):
    """A deployed query that breaks, changes or could not be checked."""

    name: str
    source: str
    calls: int | None
    outcome: Literal["broken", "changed", "unchecked"]
    why: str


class MigrationJson(Struct, frozen=True):
    """One migration. `results` are as in its evidence."""

    migration: str
    path: str
    results: Results
    seconds: float
    statements: list[StatementJson]
    down: list[StatementJson]
    rollback: RollbackJson | None
    injections: list[InjectionJson]
    queries_prepared: int
    queries: list[QueryJson]


class OutsideJson(Struct, frozen=True):
    """What a tool's own command did. `locks` are the strongest modes by relation; `problem` why it failed."""

    command: str
    problem: str | None
    output: tuple[str, ...]
    seconds: float
    wal_bytes: int
    locks: dict[str, str]
    rewrites: tuple[str, ...]
    changes: list[DifferenceJson]


class RehearsalJson(Struct, frozen=True):
    """What `migration-lint rehearse --output-format json` writes."""

    schema: Literal["migration-lint/rehearsal/1"]
    tool: ToolJson
    engine: str
    server_version: str
    server: str
    notes: tuple[str, ...]
    migrations: list[MigrationJson]
    outside: OutsideJson | None
    findings: list[FindingJson]
    errors: tuple[Error, ...]
    blind: tuple[str, ...]
    order: str | None
    decision: Decision


def render(rehearsal: Rehearsal, decision: Decision, view: View) -> str:
    """Everything that was observed, as JSON."""
    return json_text(
        RehearsalJson(
            SCHEMA,
            ToolJson("migration-lint", migration_lint.__version__),
            rehearsal.engine,
            rehearsal.release,
            rehearsal.server,
            tuple(rehearsal.notes),
            [_migration(run) for run in rehearsal.migrations],
            _outside(rehearsal.outside) if rehearsal.outside is not None else None,
            [finding_json(finding) for finding in rehearsal.findings],
            tuple(rehearsal.errors),
            (*wording.BLIND, wording.UNPREPARED),
            "; ".join(order.value for order in rehearsal.orders) or None,
            decision,
        )
    )


def schema() -> dict[str, Any]:
    """The JSON Schema of the rehearsal."""
    return json_schema(SCHEMA, RehearsalJson)


def _outside(outside: Outside) -> OutsideJson:
    return OutsideJson(
        outside.command,
        outside.problem,
        outside.output,
        round(outside.seconds, 6),
        outside.wal_bytes,
        outside.locks,
        outside.rewrites,
        [_difference(each) for each in outside.changes],
    )


def _migration(run: MigrationRun) -> MigrationJson:
    return MigrationJson(
        run.migration.id,
        run.migration.path,
        run.results,
        round(run.seconds, 6),
        [_statement(each) for each in run.statements],
        [_statement(each) for each in run.down],
        _rollback(run.rollback) if run.rollback is not None else None,
        [
            InjectionJson(
                run.statements[each.number].step.span.line,
                each.midway,
                [_difference(one) for one in each.left],
                each.recovered,
                each.why,
            )
            for each in run.injections
        ],
        run.prepared,
        [
            QueryJson(each.query.name, each.query.source, each.query.calls, each.outcome.value, each.why)
            for each in run.queries
        ],
    )


def _rollback(rollback: Rollback) -> RollbackJson:
    return RollbackJson(
        [_difference(each) for each in rollback.left],
        rollback.lost,
        [_difference(each) for each in rollback.apart],
    )


def _difference(one: Difference) -> DifferenceJson:
    return DifferenceJson(one.kind, one.identity, one.before, one.after)


def _statement(run: StatementRun) -> StatementJson:
    span, seen = run.step.span, run.observation
    return StatementJson(
        span.line,
        span.end_line,
        run.step.sql,
        seen.error,
        None if seen.seconds is None else round(seen.seconds, 6),
        seen.wal_bytes,
        seen.temporary_bytes,
        sorted(seen.reads_wait),
        sorted(seen.writes_wait),
        [effect_value(effect) for effect in run.observed.each(Impact)],
        [_fact(fact) for fact in run.facts],
        seen.blind,
    )


def _fact(fact: Fact) -> FactJson:
    return FactJson(fact.kind, fact.relation, fact.value, fact.agreement.value, fact.why)
