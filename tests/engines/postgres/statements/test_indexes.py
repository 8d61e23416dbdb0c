"""CREATE INDEX and REINDEX. What the cases of indexes.sql do not say."""

from __future__ import annotations

import pytest

from migration_lint.effects import CreateIndex
from migration_lint.model import TransactionRule

from ..predict import lines, predict
from .cases import given_in

A = given_in("indexes")["a"]
P = given_in("indexes")["p"]

LONG = "averyveryveryveryveryverylongtablename"


@pytest.mark.parametrize(
    ("given", "keys", "name"),
    [
        ("CREATE TABLE t (a int, b text)", "a, b", "t_a_b_idx"),
        ("CREATE TABLE t (a int, b text)", "a) INCLUDE (b", "t_a_b_idx"),
        ("CREATE TABLE t (a int, b text)", "lower(b), lower(b), (a + 1), a", "t_lower_lower1_expr_a_idx"),
        ("CREATE TABLE t (a int, b text)", "(a::text), coalesce(a, 1)", "t_a_coalesce_idx"),
        ("CREATE TABLE t (a int); CREATE INDEX ON t (a)", "a", "t_a_idx1"),
        ("CREATE TABLE t (a int); CREATE INDEX ON t (a); CREATE TABLE t_a_idx1 ()", "a", "t_a_idx2"),
        (f"CREATE TABLE {LONG} (t int)", "t", f"{LONG}_t_idx"),
    ],
)
def test_the_server_chooses_a_name(given: str, keys: str, name: str) -> None:
    table = LONG if LONG in given else "t"
    (created,) = predict(f"CREATE INDEX ON {table} ({keys})", given=given).each(CreateIndex)
    assert created.name == f"public.{name}"


def test_a_name_is_cut_to_63_bytes() -> None:
    given = f"CREATE TABLE {LONG} ({LONG}_1 int, {LONG}_2 int)"
    (created,) = predict(f"CREATE INDEX ON {LONG} ({LONG}_1, {LONG}_2)", given=given).each(CreateIndex)
    assert created.name == "public.averyveryveryveryveryverylong_averyveryveryveryveryverylong_idx"


def test_definition() -> None:
    keys = "lower(name) text_pattern_ops, x"
    sql = f"CREATE UNIQUE INDEX i ON a USING btree ({keys}) WHERE y > 1 AND x IS NOT NULL"
    (created,) = predict(sql, given=A).each(CreateIndex)
    index = created.index
    assert index.columns == (None, "x")
    assert [expression.text for expression in index.expressions] == ["lower(name)"]
    assert index.operator_classes == ("text_pattern_ops", None)
    assert index.predicate is not None
    assert index.predicate.text == "y > 1 AND x IS NOT NULL"
    assert index.unique


@pytest.mark.parametrize(
    ("sql", "valid"),
    [
        ("CREATE INDEX pv ON ONLY p (v); SELECT 1", False),
        ("CREATE INDEX pv ON p (v); SELECT 1", True),
        ("CREATE INDEX pv ON ONLY p (v); REINDEX TABLE p1; SELECT 1", False),
    ],
)
def test_an_index_on_the_parent_alone_is_invalid(sql: str, valid: bool) -> None:
    index = predict(sql, given=P).before.index("public.pv")
    assert index is not None
    assert index.valid is valid


def test_partitioned_tables_are_passed_over_before_14() -> None:
    step = predict("REINDEX TABLE p", given=P, version=13)
    assert lines(step) == ["Reindex public.p", "Lock public.p ShareLock"]
    assert step.transaction is TransactionRule.ALLOWED


def test_options_in_parentheses_are_new_in_14() -> None:
    assert predict("REINDEX (CONCURRENTLY) TABLE a", given=A, version=13).refused
    assert predict("REINDEX TABLE CONCURRENTLY a", given=A, version=13).refused is None


def test_a_temporary_table_is_nobody_elses() -> None:
    assert lines(predict("CREATE INDEX ON t (a)", given="CREATE TEMP TABLE t (a int)")) == [
        "CreateIndex pg_temp.t"
    ]


def test_a_table_that_was_never_seen_is_taken_for_an_ordinary_one() -> None:
    assert lines(predict("CREATE INDEX ON unseen (a)", complete=False)) == [
        "CreateIndex public.unseen",
        "Lock public.unseen ShareLock",
        "Scan public.unseen",
        "IndexBuild public.unseen_a_idx on public.unseen",
    ]


def test_what_the_migration_made_is_nobodys_yet() -> None:
    step = predict("BEGIN; CREATE TABLE n (a int); CREATE INDEX ON n (a)")
    assert lines(step) == ["CreateIndex public.n"]
