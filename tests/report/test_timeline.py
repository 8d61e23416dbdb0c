from __future__ import annotations

import pytest

from migration_lint.catalog import Catalog
from migration_lint.engines.postgres.engine import PostgresEngine
from migration_lint.model import Document, Script, TransactionMode
from migration_lint.report.timeline import Timeline, timelines
from tests.report.odd import BEFORE


def timeline(sql: str, mode: TransactionMode = TransactionMode.EACH, before: str = BEFORE) -> Timeline:
    engine = PostgresEngine("16")
    start = engine.run(Script(Document("1.sql", before), before), Catalog(complete=True), migration="1").after
    outcome = engine.run(Script(Document("2.sql", sql), sql, mode), start, migration="2")
    (made,) = timelines(outcome.steps)
    return made


def drawn(made: Timeline) -> list[str]:
    """A line for each statement: a mark per relation, ``R`` and ``W`` where reads and writes wait.

    Small where the lock was taken before, ``*`` where it is held during long work, ``-`` where nobody waits.
    """
    lines = []
    for block in made.blocks:
        for row in block.rows:
            marks = []
            for relation in made.relations:
                held = row.locks.get(relation)
                if held is None:
                    marks.append(".")
                    continue
                mark = "R" if held.blocks_reads else "W" if held.blocks_writes else "-"
                marks.append((mark.lower() if held.earlier else mark) + "*" * held.long)
            lines.append(" ".join(marks))
    return lines


@pytest.mark.parametrize(
    ("sql", "mode", "relations", "lines"),
    [
        ("create index i on orders (id)", "each", ["orders"], ["W*"]),
        ("create index concurrently i on orders (id)", "each", ["orders"], ["-"]),
        ("alter table orders add a int; create index i on orders (a)", "each", ["orders"], ["R", "W*"]),
        ("alter table orders add a int; create index i on orders (a)", "one", ["orders"], ["R", "r*"]),
        (
            "alter table orders add foreign key (user_id) references users (id)",
            "each",
            ["orders", "users"],
            ["W* W*"],
        ),
        (
            "begin; drop table orders; drop table users; commit",
            "each",
            ["orders", "users"],
            [". .", "R .", "r R", "r r"],
        ),
        ("create table fresh (id int); create index i on fresh (id)", "each", [], ["", ""]),
        ("select 1", "each", [], [""]),
    ],
)
def test_locks_while_statements_run(sql: str, mode: str, relations: list[str], lines: list[str]) -> None:
    made = timeline(sql, TransactionMode(mode))
    assert [relation.removeprefix("public.") for relation in made.relations] == relations
    assert drawn(made) == lines


def test_statements_of_a_transaction_are_one_block() -> None:
    made = timeline("select 1; begin; select 2; select 3; commit; select 4; select 5")
    assert [(block.transaction, len(block.rows)) for block in made.blocks] == [
        (False, 1),
        (False, 1),
        (True, 3),
        (False, 1),
        (False, 1),
    ]


def test_work_and_remarks() -> None:
    made = timeline("create index concurrently i on orders (id)")
    (row,) = made.blocks[0].rows
    assert row.work == ("every row of public.orders is read", "index public.i is built")
    assert row.remarks == ("cannot run in a transaction",)


def test_the_relations_that_are_blocked_most_are_shown() -> None:
    tables = "; ".join(f"select * from t{number}" for number in range(20))
    before = "; ".join(f"create table t{number} (id int)" for number in range(20))
    sql = f"{tables}; lock table t19 in exclusive mode; drop table t18"
    made = timeline(sql, TransactionMode.ONE, before)
    assert (len(made.relations), made.more) == (8, 12)
    assert {"public.t18", "public.t19"} <= set(made.relations)
