"""CREATE and ALTER SEQUENCE. What the cases of sequences.sql do not say."""

from __future__ import annotations

import pytest

from migration_lint.effects import AlterSequence

from ..predict import predict
from .cases import given_in

T = given_in("sequences")["t"]


@pytest.mark.parametrize(
    ("sql", "owner"),
    [
        ("ALTER SEQUENCE s OWNED BY t.id", ("public.t", "id")),
        ("ALTER SEQUENCE s OWNED BY public.t.id", ("public.t", "id")),
        ("ALTER SEQUENCE s OWNED BY t.id; ALTER SEQUENCE s OWNED BY NONE", None),
        ("ALTER SEQUENCE s OWNED BY t.id; ALTER TABLE t RENAME TO u", ("public.u", "id")),
    ],
)
def test_owner(sql: str, owner: tuple[str, str] | None) -> None:
    sequence = predict(f"{sql}; SELECT 1", given=T).before.relation("public.s")
    assert sequence is not None
    assert sequence.owned_by == owner


def test_restart_is_told() -> None:
    (altered,) = predict("ALTER SEQUENCE s RESTART", given=T).each(AlterSequence)
    assert altered.restart
