"""What dropping one thing does: the change, and the tables locked for it."""

from __future__ import annotations

from migration_lint.effects import (
    Change,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropIndex,
    DropPolicy,
    DropRoutine,
    DropRule,
    DropSequence,
    DropTable,
    DropTrigger,
    DropType,
    DropView,
    Effect,
)
from migration_lint.engines.postgres.dependents import Thing
from migration_lint.engines.postgres.locks import Mode
from migration_lint.engines.postgres.prediction import locks
from migration_lint.engines.postgres.situation import Situation
from migration_lint.schema import Relation, RelationKind

_EXCLUSIVE = Mode.AccessExclusiveLock


def dropped_relation(
    name: str, kind: RelationKind, cascade: bool, if_exists: bool, clause: int | None = None
) -> Change:
    """The change that drops a relation of that kind."""
    if kind in (RelationKind.VIEW, RelationKind.MATERIALIZED_VIEW):
        stored = kind is RelationKind.MATERIALIZED_VIEW
        return DropView(
            relation=name, materialized=stored, cascade=cascade, if_exists=if_exists, clause=clause
        )
    if kind is RelationKind.SEQUENCE:
        return DropSequence(relation=name, cascade=cascade, if_exists=if_exists, clause=clause)
    if kind is RelationKind.COMPOSITE_TYPE:
        return DropType(relation=name, kind="type", cascade=cascade, if_exists=if_exists, clause=clause)
    return DropTable(relation=name, cascade=cascade, if_exists=if_exists, clause=clause)


def change_of(thing: Thing, at: Situation) -> list[Effect]:
    """The change of something that goes by CASCADE."""
    name, part = thing.name, thing.part
    known = at.relation(name)
    if thing.kind == "relation":
        kind = known.kind if known is not None else RelationKind.TABLE
        return [dropped_relation(name, kind, True, False)]
    if thing.kind == "index":
        index = at.index(name)
        table = index.relation if index is not None else ""
        return [DropIndex(relation=table, index=name, cascade=True, definition=index)]
    if thing.kind == "constraint":
        definition = known.constraint(part) if known is not None else None
        return [DropConstraint(relation=name, constraint=part, cascade=True, definition=definition)]
    found: dict[str, Change] = {
        "type": DropType(relation=name, kind="domain", cascade=True),
        "routine": DropRoutine(relation=name, cascade=True),
        "column": DropColumn(relation=name, column=part, cascade=True),
        "default": DropDefault(relation=name, column=part),
        "trigger": DropTrigger(relation=name, trigger=part),
        "policy": DropPolicy(relation=name, policy=part),
        "rule": DropRule(relation=name, rule=part),
    }
    return [found[thing.kind]]


def locks_of(thing: Thing, at: Situation) -> list[Effect]:
    """The tables locked while the thing goes."""
    if thing.kind in ("type", "routine"):
        return []
    if thing.kind == "index":
        index = at.index(thing.name)
        return [*locks([index.relation], _EXCLUSIVE)] if index is not None else []
    known = at.relation(thing.name)
    if known is None:
        return [*locks([thing.name], _EXCLUSIVE)]
    if thing.kind == "relation":
        return [*locks([thing.name, *_around(known, at)], _EXCLUSIVE)]
    if thing.kind == "constraint":
        return [*locks(_of_constraint(known, thing.part, at), _EXCLUSIVE)]
    names = [thing.name]
    if thing.kind == "column":
        names += [child.name for child in at.catalog.descendants(thing.name)]
    elif thing.kind == "trigger":
        names += [
            child.name
            for child in at.catalog.descendants(thing.name)
            if child.bound is not None and child.trigger(thing.part) is not None
        ]
    return [*locks(names, _EXCLUSIVE)]


def _around(relation: Relation, at: Situation) -> list[str]:
    """The partitioned table that a partition leaves, and the DEFAULT partition that may now hold more."""
    parent = relation.partition_of
    if parent is None:
        return []
    default = at.catalog.default_partition(parent)
    return [parent, *([default.name] if default is not None else [])]


def _of_constraint(relation: Relation, name: str, at: Situation) -> list[str]:
    constraint = relation.constraint(name)
    found = [relation.name, *(child.name for child in at.catalog.descendants(relation.name))]
    if constraint is None or constraint.references is None:
        return found
    if constraint.inherited and relation.partition_of:
        return found  # the triggers on the referenced table are those of the parent's key
    return [*found, *referenced_side(constraint.references, at)]


def referenced_side(table: str, at: Situation) -> list[str]:
    """The tables with a foreign key's triggers on the referenced side: before 15 only those with rows."""
    found = [table, *(child.name for child in at.catalog.descendants(table) if child.bound is not None)]
    if at.version >= 15:
        return found
    return [name for name in found if (known := at.relation(name)) is None or known.partition_key is None]
