"""Views, rules, REFRESH MATERIALIZED VIEW. What the cases of views.sql do not say."""

from __future__ import annotations

import pytest

from migration_lint.effects import CreateView

from ..predict import predict
from .cases import given_in

A = given_in("views")["a"]
V = given_in("views")["v"]


@pytest.mark.parametrize(
    ("query", "columns", "reads"),
    [
        ("SELECT id, x AS other FROM a", "id other", {("public.a", "id"), ("public.a", "x")}),
        ("SELECT count(*) FROM a WHERE y > 1", "count", {("public.a", "y")}),
        ("SELECT v.x FROM v", "x", {("public.v", "x")}),
    ],
)
def test_what_a_view_gives_and_needs(query: str, columns: str, reads: set[tuple[str, str]]) -> None:
    (created,) = predict(f"CREATE VIEW n AS {query}", given=A + V).each(CreateView)
    assert [column.name for column in created.view.columns] == columns.split()
    assert set(created.view.reads_columns or ()) == reads


def test_names_after_the_view_rename_its_first_columns() -> None:
    (created,) = predict("CREATE VIEW n (one) AS SELECT id, x FROM a", given=A).each(CreateView)
    assert [column.name for column in created.view.columns] == ["one", "x"]


def test_security_invoker_is_new_in_15() -> None:
    sql = "CREATE VIEW n WITH (security_invoker) AS SELECT 1"
    assert predict(sql, version=14).refused == 'unrecognized parameter "security_invoker"'
    assert predict(sql, version=15).refused is None
