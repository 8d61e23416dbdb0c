"""Schemas, extensions, databases, tablespaces. What the cases of schemas.sql do not say."""

from __future__ import annotations

from ..predict import predict


def test_the_elements_of_a_schema_are_made_in_it() -> None:
    sql = "CREATE SCHEMA s CREATE INDEX ON t (id) CREATE TABLE t (id int) CREATE SEQUENCE q; SELECT 1"
    catalog = predict(sql).before
    assert {name for name in catalog.relations if name.startswith("s.")} == {"s.t", "s.q"}
    assert list(catalog.indexes) == ["s.t_id_idx"]
    assert "s" in catalog.schemas
