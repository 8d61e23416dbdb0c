"""What a statement's handler answers, and the words to say it in."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from migration_lint.catalog import Catalog
from migration_lint.effects import Effect, Impact, IndexBuild, Lock, Rewrite, Scan
from migration_lint.engines.postgres.locks import Mode
from migration_lint.model import TransactionRule


class Prediction(Struct, frozen=True):
    """The effects of one statement, in order, and whether it may stand in a transaction block.

    `refused` says why the server refuses the statement, where that is certain.
    """

    effects: tuple[Effect, ...] = ()
    transaction: TransactionRule = TransactionRule.ALLOWED
    refused: str | None = None


def lock(relation: str, mode: Mode, *, certain: bool = True, clause: int | None = None) -> Lock:
    """A table lock."""
    return Lock(relation=relation, mode=mode, certain=certain, clause=clause)


def locks(relations: Iterable[str], mode: Mode, *, clause: int | None = None) -> list[Lock]:
    """The same lock on several relations."""
    return [lock(relation, mode, clause=clause) for relation in relations]


def scan(relation: str, *, certain: bool = True, clause: int | None = None) -> Scan:
    """Every row is read."""
    return Scan(relation=relation, certain=certain, clause=clause)


def rewrite(
    catalog: Catalog, relation: str, *, certain: bool = True, clause: int | None = None
) -> list[Impact]:
    """The relation is written anew: all of it is read, and all its indexes are built again."""
    found: list[Impact] = [
        Rewrite(relation=relation, certain=certain, clause=clause),
        Scan(relation=relation, certain=certain, clause=clause),
    ]
    for index in catalog.indexes_on(relation):
        found.append(IndexBuild(relation=relation, index=index.name, certain=certain, clause=clause))
    return found
