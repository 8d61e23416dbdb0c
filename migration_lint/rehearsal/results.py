"""What a rehearsal found out: statements as predicted and as observed, migration by migration."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timezone

from msgspec import Struct

from migration_lint.evidence import SCHEMA, Evidence, Results, digest
from migration_lint.findings import Finding
from migration_lint.model import Error, Migration, Step
from migration_lint.rehearsal.comparison import Agreement, Fact
from migration_lint.rehearsal.observation import Observation
from migration_lint.rehearsal.outside import Outside
from migration_lint.rehearsal.queries.compatibility import Finding as QueryFinding
from migration_lint.rehearsal.queries.compatibility import Order
from migration_lint.rehearsal.rollback import Injection, Rollback


class StatementRun(Struct, frozen=True):
    """One statement: the prediction, what was seen, and how the two compare.

    `observed` is the same `Step` with what the server was seen doing in place of what was predicted.
    """

    step: Step
    observation: Observation
    facts: tuple[Fact, ...]
    observed: Step

    def facts_of(self, *agreements: Agreement) -> list[Fact]:
        """The facts that came out so."""
        return [fact for fact in self.facts if fact.agreement in agreements]


class MigrationRun(Struct, frozen=True):
    """One migration that was rehearsed."""

    migration: Migration
    statements: tuple[StatementRun, ...]
    results: Results
    seconds: float
    down: tuple[StatementRun, ...] = ()
    rollback: Rollback | None = None
    """None where there was nothing to go back from, or no way back."""
    injections: tuple[Injection, ...] = ()
    queries: tuple[QueryFinding, ...] = ()
    """Deployed queries that break, change or could not be checked."""
    prepared: int = 0
    """Deployed queries that could be prepared before."""

    @property
    def refused(self) -> StatementRun | None:
        """The statement of the up script that the server did not take."""
        return next((run for run in self.statements if run.observation.error is not None), None)


class Rehearsal(Struct, frozen=True):
    """Everything that one command found out.

    `server` says what it ran on, `release` its version. `notes` are for people: a version that is
    not production's, roles that were made up. `errors`: not everything could be rehearsed.
    """

    engine: str
    release: str
    server: str
    migrations: Sequence[MigrationRun] = ()
    findings: Sequence[Finding] = ()
    errors: Sequence[Error] = ()
    notes: Sequence[str] = ()
    outside: Outside | None = None
    """What the tool's own command did."""
    orders: Sequence[Order] = ()
    """What to do first, for each history of which that is known."""

    def evidence(self) -> Iterator[Evidence]:
        """What was proved of each migration that was run."""
        at = datetime.now(timezone.utc)
        for run in self.migrations:
            migration = run.migration
            if run.statements:
                yield Evidence(
                    schema=SCHEMA,
                    migration=migration.id,
                    tool=migration.tool,
                    path=migration.path,
                    up_sha256=digest(migration.up),
                    down_sha256=digest(migration.down) if migration.down is not None else None,
                    transaction=migration.up.transaction.value,
                    engine=self.engine,
                    server_version=self.release,
                    results=run.results,
                    seconds=run.seconds,
                    at=at,
                )
