"""A report made by hand: every kind of thing that one can hold."""

from __future__ import annotations

from msgspec.structs import replace

from migration_lint.effects import IndexBuild, Lock, Scan
from migration_lint.engines.postgres.locks import Mode
from migration_lint.findings import (
    Confidence,
    Edit,
    Finding,
    Fix,
    Report,
    Severity,
    Status,
    Suppressed,
    Verdict,
)
from migration_lint.linting.decide import decide
from migration_lint.linting.tally import tally
from migration_lint.model import Document, Error

TEXT = """\
-- indexes for the order page
CREATE INDEX orders_user_id ON orders (user_id);

ALTER TABLE orders
\tADD COLUMN note text,
\tALTER COLUMN id TYPE bigint
\t\tUSING id::bigint,
\tADD COLUMN paid_at timestamptz;
SELEC 1;
"""
DOCUMENT = Document("db/V2__orders.sql", TEXT)


def finding_at(text: str, **changes: object) -> Finding:
    start = TEXT.index(text)
    return replace(
        Finding(
            rule="index-build-waits",
            severity=Severity.ERROR,
            confidence=Confidence.CERTAIN,
            span=DOCUMENT.span(start, start + len(text)),
            migration="V2",
            relation="public.orders",
            why="writes to orders wait while the index is built",
            instead="",
            fingerprint="f" * 32,
        ),
        **changes,
    )


INDEX = finding_at(
    "CREATE INDEX orders_user_id ON orders (user_id)",
    instead="build it CONCURRENTLY, in a migration of its own that nobody wraps in a transaction, and "
    "drop what a failed build leaves\n\nCREATE INDEX CONCURRENTLY orders_user_id\n    ON orders (user_id);\n",
    because=(
        Lock(relation="public.orders", mode=Mode.ShareLock),
        Scan(relation="public.orders"),
        IndexBuild(relation="public.orders", index="public.orders_user_id"),
    ),
    fix=Fix(
        "add CONCURRENTLY",
        "unsafe",
        (Edit(DOCUMENT.path, 30, 42, "CREATE INDEX CONCURRENTLY"),),
        (("V3.sql", "-- x"),),
    ),
)
TYPE = finding_at(
    "ALTER COLUMN id TYPE bigint\n\t\tUSING id::bigint",
    rule="column-type-rewrites",
    severity=Severity.WARNING,
    confidence=Confidence.LIKELY,
    why="orders is written anew",
    instead="add a column of the new type",
    because=(
        Lock(relation="public.orders", mode=Mode.ShareLock),
        Lock(relation="public.orders", mode=Mode.AccessExclusiveLock),
        Lock(relation="public.lines", mode=Mode.ShareUpdateExclusiveLock),
        Lock(relation="public.a", mode=Mode.ShareLock),
        Lock(relation="public.b", mode=Mode.ShareLock),
        Lock(relation="public.c", mode=Mode.ShareLock),
    ),
)
NOTE = finding_at(
    "-- indexes for the order page",
    rule="unused-suppression",
    severity=Severity.NOTE,
    relation="",
    why="unused",
)
SUPPRESSED = replace(INDEX, suppressed=Suppressed("comment", "small table", 1))


def report(
    *findings: Finding,
    errors: tuple[Error, ...] = (),
    verdicts: tuple[Verdict, ...] = (),
    fail_on: Severity | None = Severity.ERROR,
) -> Report:
    return Report(
        engine="postgres",
        engine_version="16",
        findings=findings,
        verdicts=verdicts,
        errors=errors,
        summary=tally(findings, 1, 3),
        decision=decide(findings, verdicts, errors, fail_on),
        documents={DOCUMENT.path: DOCUMENT},
    )


ERRORS = (
    Error(DOCUMENT.path, 9, 'syntax error at or near "SELEC"'),
    Error("db/gone.sql", 1, "cannot be read"),
)
VERDICT = Verdict("backup", Status.FAILED, "no backup", {"asked": "pgbackrest"}, "2026-01-01T00:00:00Z")
EVERYTHING = report(INDEX, TYPE, NOTE, SUPPRESSED, errors=ERRORS, verdicts=(VERDICT,))
