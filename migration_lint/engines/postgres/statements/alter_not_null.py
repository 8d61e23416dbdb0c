"""SET NOT NULL and DROP NOT NULL, of a table and of what inherits from it."""

from __future__ import annotations

from collections.abc import Iterator

from migration_lint.effects import DropNotNull, Effect, SetNotNull
from migration_lint.engines.postgres.expressions import constrained_not_null
from migration_lint.engines.postgres.locks import Mode
from migration_lint.engines.postgres.statements.alteration import Clause
from migration_lint.folding.inheritance import losing
from migration_lint.schema import Relation

_EXCLUSIVE = Mode.AccessExclusiveLock


def set_not_null(clause: Clause) -> Iterator[Effect]:
    """SET NOT NULL: every row is read, unless a validated CHECK proves that none is NULL (12 and later)."""
    proven = True
    locked, new = _not_null_family(clause)
    effects: list[Effect] = list(clause.locked(locked, _EXCLUSIVE))
    for table in new:
        column = table.column(clause.name)
        if column is not None and column.not_null:
            continue
        if not_null_proven(clause, table, clause.name):
            continue
        proven = False
        effects += clause.scanned(table, certain=table.complete)
    yield SetNotNull(
        relation=clause.table,
        column=clause.name,
        proven=proven,
        certain=proven or clause.known.complete,
        clause=clause.number,
    )
    yield from effects


def _not_null_family(clause: Clause) -> tuple[list[Relation], list[Relation]]:
    """(locked, made NOT NULL) with the table.

    Since 18 NOT NULL is a constraint: an heir that has one, valid or not, keeps it, and so do its own.
    """
    if clause.at.version < 18:
        # Of a partitioned table ONLY looks whether its partitions are NOT NULL already.
        divided = clause.known.partition_key is not None
        return [clause.known, *(clause.below() if clause.recurse or divided else [])], clause.family()
    column = clause.known.column(clause.name)
    own = clause.known.not_null_constraint(clause.name)
    if column is not None and column.not_null:
        return [clause.known], []
    if own is not None:  # NOT VALID so far: it is validated
        return clause.family(), [one for one in clause.family() if not is_not_null(one, clause.name)]
    new, merged = clause.receivers(
        lambda heir: is_not_null(heir, clause.name) or heir.not_null_constraint(clause.name) is not None
    )
    return [*new, *merged], new


def is_not_null(table: Relation, column: str) -> bool:
    """Whether the table's column takes no NULL."""
    known = table.column(column)
    return known is not None and known.not_null


def not_null_proven(clause: Clause, table: Relation, column: str) -> bool:
    """Whether constraints that this statement keeps prove that the column holds no NULL."""
    if clause.at.version < 12:
        return False
    kept = [constraint for constraint in table.constraints if constraint.name not in clause.dropped]
    return constrained_not_null(column, kept)


def drop_not_null(clause: Clause) -> Iterator[Effect]:
    """DROP NOT NULL."""
    yield from without_not_null(clause, clause.name)


def without_not_null(clause: Clause, name: str) -> Iterator[Effect]:
    """The column takes NULL. Since 18 an heir that is NOT NULL for itself stays so."""
    gone, kept = clause.family(), list[Relation]()
    if clause.at.version >= 18:
        gone, kept = [clause.known], clause.at.catalog.children(clause.table)
        if clause.recurse:
            gone, kept = losing(
                clause.at.catalog,
                clause.known,
                lambda heir: [parent for parent in heir.parents if _requires(clause, parent, name)],
                lambda heir: (own := heir.column(name)) is None or own.not_null_local,
            )
    heirs = tuple(one.name for one in gone[1:])
    yield DropNotNull(relation=clause.table, column=name, heirs=heirs, clause=clause.number)
    yield from clause.locked([*gone, *kept], _EXCLUSIVE)


def _requires(clause: Clause, table: str, name: str) -> bool:
    known = clause.at.relation(table)
    return known is not None and is_not_null(known, name)
