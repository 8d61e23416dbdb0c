"""Made-up rows: they satisfy what the tables ask for, and what could not be filled is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from migration_lint.rehearsal.database import Database
from migration_lint.rehearsal.filling.fill import Filled, fill

from ..cli.command import migrations, run


def _rows(database: Database, query: str) -> list[tuple[object, ...]]:
    return database.connect().execute(query.encode()).fetchall()


@pytest.mark.parametrize(
    "columns",
    [
        "id bigserial PRIMARY KEY, a text NOT NULL UNIQUE",
        "id int GENERATED ALWAYS AS IDENTITY, b int GENERATED ALWAYS AS (a + 1) STORED, a int NOT NULL",
        "id uuid PRIMARY KEY DEFAULT gen_random_uuid(), at timestamptz NOT NULL, on_day date UNIQUE NOT NULL",
        "a smallint UNIQUE NOT NULL, b numeric(6,2) NOT NULL, c real NOT NULL, d double precision, e numeric",
        "a varchar(5) NOT NULL UNIQUE, b char(3) NOT NULL, c text[], d int[] NOT NULL, e boolean NOT NULL",
        "a json NOT NULL, b jsonb NOT NULL, c bytea NOT NULL, d inet NOT NULL, e cidr, f macaddr NOT NULL",
        "a interval NOT NULL, b time NOT NULL, c timestamp NOT NULL, d money NOT NULL, e point, f tsvector",
        "a int4range NOT NULL, b tstzrange NOT NULL, c daterange, d numrange, e int8range, f tsrange",
        "a text NOT NULL CHECK (a IN ('new', 'old', 'it''s'))",
        "a int NOT NULL CHECK (a BETWEEN 5000 AND 5010)",
        "a int NOT NULL CHECK (a < 0)",
        "a int NOT NULL, b int NOT NULL, CHECK (a < b)",
        "low int NOT NULL, high int NOT NULL, kind text NOT NULL CHECK (kind = 'x' OR low > 3),"
        " CHECK (low > high)",
        "a text NOT NULL CHECK (length(a) > 0), b text CHECK (b ~ '^value')",
        "during tsrange NOT NULL, EXCLUDE USING gist (during WITH &&)",
        "",
    ],
)
def test_rows_that_a_table_takes(database: Database, columns: str) -> None:
    database.run(f"CREATE TABLE t ({columns})")
    assert fill(database, 100) == [Filled("public.t", 100)]
    assert _rows(database, "SELECT count(*) FROM t") == [(100,)]


def test_enums_domains_and_what_may_be_empty(database: Database) -> None:
    database.run(
        "CREATE TYPE mood AS ENUM ('sad', 'ok')",
        "CREATE DOMAIN price AS numeric(8,2) CHECK (VALUE < 0.5)",
        "CREATE DOMAIN label AS varchar(8) NOT NULL CHECK (VALUE IN ('a', 'b'))",
        "CREATE TABLE t (m mood NOT NULL, p price NOT NULL, l label, note text)",
    )
    assert fill(database, 50) == [Filled("public.t", 50)]
    assert _rows(database, "SELECT DISTINCT m::text FROM t ORDER BY 1") == [("ok",), ("sad",)]
    assert _rows(database, "SELECT count(*) FROM t WHERE note IS NULL") == [(5,)]


def test_foreign_keys_are_kept(database: Database) -> None:
    database.run(
        "CREATE TABLE a_child (id int PRIMARY KEY, of_parent int NOT NULL, x int, y text, boss int)",
        "CREATE TABLE parent (id int PRIMARY KEY)",
        "CREATE TABLE pairs (x int, y text, PRIMARY KEY (x, y))",
        "ALTER TABLE a_child ADD FOREIGN KEY (of_parent) REFERENCES parent",
        "ALTER TABLE a_child ADD FOREIGN KEY (x, y) REFERENCES pairs",
        "ALTER TABLE a_child ADD FOREIGN KEY (boss) REFERENCES a_child",
    )
    made = fill(database, 100)
    assert [each.table for each in made] == ["public.parent", "public.pairs", "public.a_child"]
    assert {each.rows for each in made} == {100}
    assert _rows(database, "SELECT count(DISTINCT of_parent), count(DISTINCT x) FROM a_child") == [(100, 100)]


def test_tables_that_have_rows_are_left_alone(database: Database) -> None:
    database.run("CREATE TABLE t (id int)", "INSERT INTO t VALUES (1)")
    assert fill(database, 100) == []
    assert _rows(database, "SELECT * FROM t") == [(1,)]


def test_what_cannot_be_filled_is_told(database: Database) -> None:
    database.run(
        "CREATE TABLE one_row (id int PRIMARY KEY CHECK (id = 7))",
        "CREATE TABLE shape (a circle NOT NULL)",
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''never''; END'",
        "CREATE TABLE refusing (id int)",
        "CREATE TRIGGER no BEFORE INSERT ON refusing FOR EACH ROW EXECUTE FUNCTION no()",
    )
    assert fill(database, 10) == [
        Filled("public.one_row", 1, "its constraints let no more of them in"),
        Filled("public.refusing", 0, "never"),
        Filled(
            "public.shape", 0, 'null value in column "a" of relation "shape" violates not-null constraint'
        ),
    ]


def test_partitions_are_filled_through_their_table(database: Database) -> None:
    database.run(
        "CREATE TABLE t (id int NOT NULL) PARTITION BY RANGE (id)",
        "CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (0) TO (1000000)",
    )
    assert fill(database, 30) == [Filled("public.t", 30)]
    assert _rows(database, "SELECT count(*) FROM t_1") == [(30,)]


def test_the_command_fills_the_state_before(tmp_path: Path) -> None:
    files = {
        "1_t.sql": "CREATE TABLE t (id int PRIMARY KEY, c int); CREATE TABLE odd (a circle NOT NULL);",
        "2_strict.sql": "ALTER TABLE t ALTER c SET NOT NULL;",
        "3_index.sql": "CREATE INDEX i ON t (c);",
    }
    ran = run(migrations(tmp_path, files), "rehearse", "db/2_strict.sql", "--rows", "200")
    assert ran.code == 1
    assert '23502 column "c" of relation "t" contains null values' in ran.out
    assert "note: 200 rows were made up for each of 1 table" in ran.out
    assert 'not filled: public.odd: null value in column "a"' in ran.out
    assert (
        "every row of public.t was read" in run(tmp_path, "rehearse", "db/3_index.sql", "--rows", "200").out
    )
