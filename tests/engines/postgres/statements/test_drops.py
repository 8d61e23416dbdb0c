"""DROP: what goes, what goes with it, and who is locked meanwhile. What the cases of drops.sql do not say."""

from __future__ import annotations

import pytest

from ..predict import lines, predict
from .cases import given_in

A = given_in("drops")["a"]
P = given_in("drops")["p"]
SUB = given_in("drops")["sub"]
CHILD = given_in("drops")["child"]
E = given_in("drops")["e"]


def test_a_table_that_was_never_seen_may_be_there() -> None:
    step = predict("DROP TABLE IF EXISTS unseen", complete=False)
    assert lines(step) == ["DropTable public.unseen", "Lock public.unseen AccessExclusiveLock ?"]


def test_an_index_that_was_never_seen_has_a_table_that_is_not_known() -> None:
    step = predict("DROP INDEX unseen", complete=False)
    assert lines(step) == ["DropIndex ", "Lock public.unseen AccessExclusiveLock ?"]


@pytest.mark.parametrize(
    ("given", "sql", "gone", "left"),
    [
        (P + SUB, "DROP TABLE p", "p p1 pd p2 p21 p_pkey p21_pkey", ""),
        (A + CHILD, "DROP TABLE a CASCADE", "a a_pkey a_y", "child"),
        (E, "DROP TYPE e CASCADE", "of_c", "u"),
        (
            "CREATE SCHEMA s; CREATE TABLE s.t (); CREATE VIEW v AS TABLE s.t",
            "DROP SCHEMA s CASCADE",
            "v t",
            "",
        ),
        ("CREATE TABLE t (id serial);", "DROP TABLE t", "t t_id_seq", ""),
        (P + "CREATE INDEX pv ON p (v);", "DROP INDEX pv", "pv p1_v_idx pd_v_idx", "p p1 p_pkey"),
    ],
)
def test_the_catalog_afterwards(given: str, sql: str, gone: str, left: str) -> None:
    catalog = predict(f"{sql}; SELECT 1", given=given).before
    known = {name.partition(".")[2] for name in (*catalog.relations, *catalog.indexes)}
    assert not known & set(gone.split())
    assert set(left.split()) <= known


def test_what_is_in_the_way_is_named() -> None:
    refused = predict("DROP TABLE a", given=A + CHILD).refused or ""
    assert refused.endswith("(constraint child_a_id_fkey on child, constraint child_y_fkey on child)")


def test_columns_of_a_dropped_type_are_gone() -> None:
    table = predict("DROP TYPE e CASCADE; SELECT 1", given=E).before.relation("public.u")
    assert table is not None
    assert [column.name for column in table.columns] == ["id"]
