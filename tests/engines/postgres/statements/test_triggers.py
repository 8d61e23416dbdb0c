"""Triggers, policies, event triggers. What the cases of triggers.sql do not say."""

from __future__ import annotations

import pytest

from ..predict import predict
from .cases import given_in

A = given_in("triggers")["a"]
P = given_in("triggers")["p"]
F = given_in("triggers")["f"]


@pytest.mark.parametrize(
    ("given", "sql", "version"),
    [
        (A + F, "CREATE OR REPLACE TRIGGER t BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION f()", 13),
        (P + F, "CREATE TRIGGER t BEFORE INSERT ON p FOR EACH ROW EXECUTE FUNCTION f()", 12),
    ],
)
def test_what_an_older_server_refuses(given: str, sql: str, version: int) -> None:
    assert predict(sql, given=given, version=version).refused is not None
    assert predict(sql, given=given, version=version + 1).refused is None


def test_a_new_partition_has_the_row_triggers_of_its_parent() -> None:
    given = P + F + "CREATE TRIGGER t AFTER INSERT ON p FOR EACH ROW EXECUTE FUNCTION f();"
    sql = "CREATE TABLE p3 PARTITION OF p FOR VALUES FROM (50) TO (60); SELECT 1"
    partition = predict(sql, given=given).before.relation("public.p3")
    assert partition is not None
    assert [(trigger.name, trigger.function) for trigger in partition.triggers] == [("t", "public.f")]
