"""What queries read: relations, columns, and what they give."""

from __future__ import annotations

import pytest

from migration_lint.catalog import Catalog
from migration_lint.effects import CreateTable
from migration_lint.engines.postgres.parse import parse
from migration_lint.engines.postgres.queries import Query, behind, opened, read_query, reads_of_query
from migration_lint.engines.postgres.situation import Situation
from migration_lint.folding import fold_all
from migration_lint.model import Session
from migration_lint.schema import Column, PartitionBound, Relation, RelationKind, Type


def _table(name: str, *columns: str, **fields: object) -> Relation:
    return Relation(name, columns=tuple(Column(c, Type("integer")) for c in columns), **fields)  # type: ignore[arg-type]


RELATIONS = [
    _table("public.a", "id", "x"),
    _table("public.b", "id", "y"),
    _table("app.a", "k"),
    _table("public.p", "id"),
    _table("public.p1", "id", parents=("public.p",), bound=PartitionBound()),
    _table("public.v", "id", kind=RelationKind.VIEW, reads=("public.a",)),
    _table("public.w", "id", kind=RelationKind.VIEW, reads=("public.v", "public.b")),
    _table("public.m", "id", kind=RelationKind.MATERIALIZED_VIEW, reads=("public.b",)),
]
CATALOG = fold_all(Catalog(), [CreateTable(relation=r.name, table=r) for r in RELATIONS], None)


def read(sql: str) -> Query:
    statement = parse(sql).statements[0]
    at = Situation(18, CATALOG, Session(), statement, sql, None)
    return read_query({statement.tag: statement.node}, at)


A, B = "public.a", "public.b"


@pytest.mark.parametrize(
    ("sql", "relations", "columns"),
    [
        ("SELECT id FROM a", [A], {(A, "id")}),
        ("SELECT 1 FROM a", [A], set()),
        ("SELECT * FROM a", [A], {(A, "id"), (A, "x")}),
        ("SELECT z.* FROM a z", [A], {(A, "id"), (A, "x")}),
        ("SELECT a FROM a", [A], set()),
        ("SELECT ctid FROM a", [A], set()),
        ("SELECT y FROM a JOIN b USING (id)", [A, B], {(A, "id"), (B, "id"), (B, "y")}),
        ("SELECT y FROM a NATURAL JOIN b", [A, B], {(A, "id"), (B, "id"), (B, "y")}),
        ("SELECT 1 FROM a JOIN b ON a.x = b.y", [A, B], {(A, "x"), (B, "y")}),
        ("SELECT j.y FROM (a JOIN b USING (id)) AS j", [A, B], {(A, "id"), (B, "id"), (B, "y")}),
        ("SELECT c1 FROM a AS z (c1)", [A], {(A, "id")}),
        ("SELECT public.a.x FROM public.a", [A], {(A, "x")}),
        ("SELECT k FROM app.a", ["app.a"], {("app.a", "k")}),
        ("WITH a AS (SELECT 1 AS q) SELECT q FROM a", [], set()),
        ("WITH q AS (SELECT id FROM a) SELECT * FROM q", [A], {(A, "id")}),
        ("WITH a AS (SELECT 1) SELECT * FROM public.a", [A], {(A, "id"), (A, "x")}),
        (
            "WITH RECURSIVE r AS (SELECT id FROM a UNION ALL SELECT r.id FROM r JOIN b USING (id)) TABLE r",
            [A, B],
            {(A, "id"), (B, "id")},
        ),
        ("SELECT 1 WHERE EXISTS (SELECT FROM b WHERE y = 1)", [B], {(B, "y")}),
        ("SELECT (SELECT max(y) FROM b WHERE b.id = a.x) FROM a", [A, B], {(A, "x"), (B, "id"), (B, "y")}),
        ("SELECT x AS t FROM a ORDER BY t", [A], {(A, "x")}),
        ("SELECT 1 AS t FROM a ORDER BY x", [A], {(A, "x")}),
        ("SELECT q.m FROM (SELECT id AS m FROM a) q", [A], {(A, "id")}),
        (
            "SELECT s.y FROM a, LATERAL (SELECT y FROM b WHERE id = a.x) s",
            [A, B],
            {(A, "x"), (B, "id"), (B, "y")},
        ),
        ("SELECT id FROM a UNION SELECT y FROM b ORDER BY 1", [A, B], {(A, "id"), (B, "y")}),
        ("SELECT g FROM a, generate_series(1, x) g", [A], {(A, "x")}),
        ("VALUES (1), (2)", [], set()),
        ("SELECT relname FROM pg_class, pg_catalog.pg_namespace", [], set()),
        ("TABLE nowhere", ["public.nowhere"], None),
        ("SELECT q FROM nowhere", ["public.nowhere"], {("public.nowhere", "q")}),
        ("SELECT q FROM nowhere, elsewhere", ["public.nowhere", "public.elsewhere"], None),
        ("SELECT nowhere.q FROM nowhere, a", ["public.nowhere", A], {("public.nowhere", "q")}),
        ("INSERT INTO a SELECT id, y FROM b", [B], {(B, "id"), (B, "y")}),
        ("UPDATE a SET x = b.y FROM b WHERE b.id = a.id", [B], {(B, "y"), (B, "id"), (A, "id")}),
        ("DELETE FROM a USING b WHERE a.id = b.id", [B], {(A, "id"), (B, "id")}),
        ("DELETE FROM a WHERE id IN (SELECT y FROM b)", [B], {(A, "id"), (B, "y")}),
        ("MERGE INTO a USING b ON a.id = b.id WHEN MATCHED THEN DELETE", [B], {(A, "id"), (B, "id")}),
        ("WITH d AS (DELETE FROM b RETURNING y) SELECT y FROM d", [], {(B, "y")}),
        ("CREATE TABLE n AS SELECT id FROM a", [A], {(A, "id")}),
        ("EXPLAIN ANALYZE SELECT id FROM a", [A], {(A, "id")}),
    ],
)
def test_reads(sql: str, relations: list[str], columns: set[tuple[str, str]] | None) -> None:
    query = read(sql)
    assert list(query.relations) == relations
    assert query.columns == columns


@pytest.mark.parametrize(
    ("sql", "output"),
    [
        ("SELECT id, x + 1, x::text, count(*), max(x) AS m FROM a", "id ?column? x count m"),
        ("SELECT * FROM a JOIN b USING (id)", "id x y"),
        ("SELECT *, 1::bigint, 'a'::varchar(3) FROM b", "id y int8 varchar"),
        (
            "SELECT CASE WHEN true THEN 1 END, coalesce(1, 2), greatest(1, 2), ARRAY[1], ROW(1)",
            "case coalesce greatest array row",
        ),
        ("SELECT EXISTS (SELECT 1), (SELECT id FROM a), current_date", "exists id current_date"),
        ("VALUES (1, 2)", "column1 column2"),
        ("SELECT id FROM a UNION SELECT y FROM b", "id"),
        ("WITH q (k) AS (SELECT id FROM a) SELECT * FROM q", "k"),
    ],
)
def test_gives(sql: str, output: str) -> None:
    assert [column.name for column in read(sql).output or ()] == output.split()


def test_types_of_plain_columns_and_casts() -> None:
    output = read("SELECT id, x::text, x + 1 FROM a").output or ()
    assert [str(column.type) if column.type else None for column in output] == ["integer", "text", None]


def test_what_is_not_known_gives_nothing() -> None:
    assert read("TABLE nowhere").output is None


def test_views_are_looked_behind_but_materialized_views_hold_their_own_rows() -> None:
    assert behind(["public.w", "public.m"], CATALOG) == ["public.w", "public.v", A, B, "public.m"]


def test_running_opens_partitions_unless_only() -> None:
    assert opened(read("SELECT id FROM p"), CATALOG) == ["public.p", "public.p1"]
    assert opened(read("SELECT id FROM ONLY p"), CATALOG) == ["public.p"]


def test_the_short_form() -> None:
    statement = parse("SELECT id FROM a").statements[0]
    at = Situation(18, CATALOG, Session(), statement, "", None)
    assert reads_of_query({statement.tag: statement.node}, at) == ((A,), frozenset({(A, "id")}))
