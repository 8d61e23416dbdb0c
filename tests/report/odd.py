"""One report with every odd case, for every format."""

from __future__ import annotations

from msgspec.structs import replace

from migration_lint.catalog import Catalog
from migration_lint.effects import Lock, Scan
from migration_lint.engines.postgres.engine import PostgresEngine
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
from migration_lint.linting.loader import load_rules
from migration_lint.model import Document, Error, Script, TransactionMode
from migration_lint.report.view import View
from tests.report.world import report

BEFORE = "create table users (id bigint primary key); create table orders (id bigint, user_id bigint);"
SQL = (
    "SET LOCAL lock_timeout = '2s';\n"
    "ALTER TABLE orders ADD COLUMN note text;\n"
    "-- everything of ```orders``` is read <b>here</b>, 100% of it: @all | see #1\n"
    "CREATE INDEX orders_user_id ON orders (user_id);\n"
    "ALTER TABLE orders\r\n"
    "\tADD CONSTRAINT orders_user_fk\r\n"
    "\tFOREIGN KEY (user_id) REFERENCES users (id);\r\n"
    "COMMENT ON TABLE orders IS '注文 \x1b[31m\u202e';  DROP TABLE users CASCADE;\n"
    f"INSERT INTO orders (id) VALUES {', '.join(f'({number})' for number in range(200))};\n"
    "SELEC 1;\n"
)
DOCUMENT = Document("db/V3__order pages, 注文 [new].sql", SQL)
CLEAN = Document("db/V4__clean.sql", "SELECT 1;\n")
VIEW = View(rules=load_rules(), folder="/repo/shop", root="/repo")


def _at(text: str, rule: str, severity: Severity, why: str, **changes: object) -> Finding:
    start = SQL.index(text)
    made = Finding(
        rule=rule,
        severity=severity,
        confidence=Confidence.CERTAIN,
        span=DOCUMENT.span(start, start + len(text)),
        migration="V3",
        relation="public.orders",
        why=why,
        instead="",
        fingerprint=f"{rule}-{start}",
    )
    return replace(made, **changes)


_INDEX = "CREATE INDEX orders_user_id ON orders (user_id)"
_WORD = SQL.index(_INDEX) + len("CREATE INDEX")
FINDINGS = (
    _at(
        _INDEX,
        "create-index-blocks-writes",
        Severity.ERROR,
        "writes of orders wait (ShareLock) until the index is built",
        instead="build it concurrently, 100% online; see `CONCURRENTLY` | @dba\n\n"
        "CREATE INDEX CONCURRENTLY orders_user_id\n    ON orders (user_id);  -- ```\n",
        because=(
            Lock(relation="public.orders", mode=Mode.ShareLock),
            Scan(relation="public.orders"),
        ),
        fix=Fix("add CONCURRENTLY", "unsafe", (Edit(DOCUMENT.path, _WORD, _WORD, " CONCURRENTLY"),)),
    ),
    _at(
        "ADD CONSTRAINT orders_user_fk\r\n\tFOREIGN KEY (user_id) REFERENCES users (id)",
        "add-foreign-key-blocks-writes",
        Severity.ERROR,
        "writes of orders and users wait while every row is checked",
        confidence=Confidence.LIKELY,
        because=tuple(
            Lock(relation=f"public.{name}", mode=mode)
            for name, mode in (
                ("users", Mode.ShareRowExclusiveLock),
                ("orders", Mode.ShareRowExclusiveLock),
                ("lines", Mode.ShareUpdateExclusiveLock),
                ("notes", Mode.AccessShareLock),
            )
        ),
        instead="add it NOT VALID, then validate it",
    ),
    _at(
        "DROP TABLE users CASCADE",
        "drop-table",
        Severity.WARNING,
        "the rows of users are gone",
        relation="public.users",
        confidence=Confidence.POSSIBLE,
        suppressed=Suppressed("comment", "nobody | uses <it>", 8),
    ),
    _at(
        "(150)",
        "a-rule-of-the-team",
        Severity.WARNING,
        "row 150 of a long line",
        relation="",
    ),
    _at(
        "-- everything",
        "unused-suppression",
        Severity.NOTE,
        "nothing to suppress",
        relation="",
        fix=Fix("a file more", "safe", (), (("V5.sql", "-- x"),)),
    ),
    _at(
        "-- everything", "unused-suppression", Severity.NOTE, "known", suppressed=Suppressed("baseline", None)
    ),
    replace(
        _at("SET LOCAL", "missing-lock-timeout", Severity.WARNING, "a file that is not at hand"),
        span=Document("gone/V1.sql", "\n" * 9).span(3, 4),
    ),
)
ERRORS = (
    Error(DOCUMENT.path, 10, 'syntax error at or near "SELEC"'),
    Error("../outside/V0.sql", 1, "cannot be read: \x1b[31m"),
)
VERDICTS = (
    Verdict("rollback", Status.PASSED, "ran and undone", {}, "2026-01-01T00:00:00Z"),
    Verdict("backup", Status.FAILED, "8 h old, 1 h is the most", {"tool": "pgbackrest", "age": 28800}),
    Verdict("monitoring", Status.UNKNOWN, "no answer from prometheus"),
    Verdict("staging", Status.WAIVED, "waived by @lead until 2026-02-01"),
)


def odd() -> Report:
    """The report, with the steps of its document."""
    engine = PostgresEngine("16")
    start = engine.run(
        Script(Document("db/V1.sql", BEFORE), BEFORE), Catalog(complete=True), migration="V1"
    ).after
    script = Script(DOCUMENT, SQL, TransactionMode.ONE)
    outcome = engine.run(script, start, migration="V3")
    return replace(
        report(*FINDINGS, errors=ERRORS, verdicts=VERDICTS),
        documents={DOCUMENT.path: DOCUMENT, CLEAN.path: CLEAN},
        steps=outcome.steps,
    )
