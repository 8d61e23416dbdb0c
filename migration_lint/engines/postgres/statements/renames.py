"""RENAME, SET SCHEMA and OWNER TO: catalog changes that the deployed code may not survive.

https://www.postgresql.org/docs/current/sql-altertable.html (RENAME, SET SCHEMA)
"""

from __future__ import annotations

from migration_lint.effects import (
    AlterPolicy,
    AlterRoutine,
    AlterTable,
    Effect,
    OtherChange,
    RenameColumn,
    RenameConstraint,
    RenameIndex,
    RenameSchema,
    RenameTable,
    RenameTrigger,
    RenameType,
    SetSchema,
)
from migration_lint.engines.postgres.locks import Mode
from migration_lint.engines.postgres.nodes import Node, body, name_list, names, tag
from migration_lint.engines.postgres.prediction import Prediction, lock, locks
from migration_lint.engines.postgres.refusals.renames import refusal
from migration_lint.engines.postgres.situation import Situation
from migration_lint.names import split
from migration_lint.schema import ConstraintKind, Relation

_RELATIONS = frozenset(
    """OBJECT_TABLE OBJECT_VIEW OBJECT_MATVIEW OBJECT_SEQUENCE OBJECT_FOREIGN_TABLE OBJECT_INDEX""".split()
)
_ROUTINES = frozenset("""OBJECT_FUNCTION OBJECT_PROCEDURE OBJECT_ROUTINE OBJECT_AGGREGATE""".split())
_TYPES = frozenset("OBJECT_TYPE OBJECT_DOMAIN".split())
_EXCLUSIVE = Mode.AccessExclusiveLock
_TRIGGERS_OF_PARTITIONS_SINCE = 15
"""From this version on renaming a trigger renames its copies on the partitions."""


def rename_stmt(at: Situation) -> Prediction:
    """ALTER … RENAME."""
    node = at.node
    kind = node.get("renameType", "")
    if "relation" in node:
        name = at.relation_name(node["relation"])
        return Prediction(tuple(_relation(at, kind, name)), refused=refusal(at, kind, name))
    new = str(node.get("newname", ""))
    if kind == "OBJECT_SCHEMA":
        return Prediction((RenameSchema(relation=str(node.get("subname", "")), to=new),))
    name = _object_name(node.get("object"), at, kind)
    schema = split(name)[0]
    if kind in _TYPES:
        own = [lock(name, _EXCLUSIVE)] if at.relation(name) is not None else []
        return Prediction((RenameType(relation=name, to=f"{schema}.{new}"), *own))
    if kind in _ROUTINES:
        return Prediction((AlterRoutine(relation=name, to=f"{schema}.{new}"),))
    return Prediction((OtherChange(relation=name, what=_what("RENAME", kind)),))


def _what(verb: str, kind: str) -> str:
    return f"{verb} {kind.removeprefix('OBJECT_').replace('_', ' ')}"


def _object_name(node: Node | None, at: Situation, kind: str) -> str:
    if not node:
        return ""
    fields = body(node)
    parts = names(fields["objname"]) if "objname" in fields else name_list(node)
    if kind in _TYPES or kind == "OBJECT_DOMCONSTRAINT":
        return at.type_name(parts)
    if tag(node) == "String":
        return parts[0]
    if kind in _ROUTINES:
        known = at.routine(parts)
        return known.name if known is not None else _in_schema(parts, at)
    return _in_schema(parts, at)


def _in_schema(parts: list[str], at: Situation) -> str:
    return ".".join(parts[-2:]) if len(parts) > 1 else f"{at.creation_schema}.{parts[0]}" if parts else ""


def _relation(at: Situation, kind: str, name: str) -> list[Effect]:
    node = at.node
    new = str(node.get("newname", ""))
    old = str(node.get("subname", ""))
    known = at.relation(name)
    index = at.index(name)
    if node.get("missing_ok") and at.catalog.complete and known is None and index is None:
        return []
    if kind in _RELATIONS:
        to = f"{split(name)[0]}.{new}"
        if index is not None or (kind == "OBJECT_INDEX" and known is None):
            mode = Mode.ShareUpdateExclusiveLock if kind == "OBJECT_INDEX" else _EXCLUSIVE
            table = index.relation if index is not None else ""
            return [RenameIndex(relation=table, index=name, to=to), lock(name, mode)]
        return [RenameTable(relation=name, to=to), lock(name, _EXCLUSIVE)]
    if kind in ("OBJECT_COLUMN", "OBJECT_ATTRIBUTE"):
        return [
            RenameColumn(relation=name, column=old, to=new),
            *locks([name, *_below(at, name)], _EXCLUSIVE),
        ]
    if kind == "OBJECT_TABCONSTRAINT":
        return [RenameConstraint(relation=name, constraint=old, to=new), *_constraint_locks(at, name, old)]
    if kind == "OBJECT_TRIGGER":
        below = _partitions(at, name) if at.version >= _TRIGGERS_OF_PARTITIONS_SINCE else []
        return [RenameTrigger(relation=name, trigger=old, to=new), *locks([name, *below], _EXCLUSIVE)]
    if kind == "OBJECT_POLICY":
        return [AlterPolicy(relation=name, policy=old, to=new), lock(name, _EXCLUSIVE)]
    return [AlterTable(relation=name, action=_what("RENAME", kind)), lock(name, _EXCLUSIVE)]


def _below(at: Situation, name: str) -> list[str]:
    typed = (
        [known.name for known in at.catalog.relations.values() if known.of_type == name]
        if _is_composite(at.relation(name))
        else []
    )
    return [*(child.name for child in at.catalog.descendants(name)), *typed]


def _is_composite(relation: Relation | None) -> bool:
    return relation is not None and relation.kind.value == "composite type"


def _partitions(at: Situation, name: str) -> list[str]:
    return [child.name for child in at.catalog.descendants(name) if child.bound is not None]


def _constraint_locks(at: Situation, name: str, constraint: str) -> list[Effect]:
    found: list[Effect] = [lock(name, _EXCLUSIVE)]
    known = at.relation(name)
    definition = known.constraint(constraint) if known is not None else None
    if definition is None:
        return found
    if definition.kind is ConstraintKind.CHECK:
        found += locks(_below(at, name), _EXCLUSIVE)
    if definition.index is not None:
        found.append(lock(definition.index, Mode.ShareUpdateExclusiveLock))
    return found


def alter_object_schema_stmt(at: Situation) -> Prediction:
    """ALTER … SET SCHEMA: a table's own sequences move with it."""
    node = at.node
    kind = node.get("objectType", "")
    schema = str(node.get("newschema", ""))
    if "relation" in node:
        name = at.relation_name(node["relation"])
        if node.get("missing_ok") and at.catalog.complete and at.relation(name) is None:
            return Prediction()
        found: list[Effect] = [
            SetSchema(relation=name, to=f"{schema}.{split(name)[1]}"),
            lock(name, _EXCLUSIVE),
        ]
        for sequence in owned_sequences(at, name):
            moved = f"{schema}.{split(sequence)[1]}"
            found += [SetSchema(relation=sequence, to=moved), lock(sequence, _EXCLUSIVE)]
        return Prediction(tuple(found))
    name = _object_name(node.get("object"), at, kind)
    to = f"{schema}.{split(name)[1]}"
    if kind in _TYPES:
        return Prediction((RenameType(relation=name, to=to),))
    if kind in _ROUTINES:
        return Prediction((AlterRoutine(relation=name, to=to),))
    return Prediction((OtherChange(relation=name, what=_what("SET SCHEMA", kind)),))


def owned_sequences(at: Situation, table: str) -> list[str]:
    """The sequences that belong to a table's columns."""
    return [sequence.name for sequence in at.catalog.sequences_of(table)]


def alter_owner_stmt(at: Situation) -> Prediction:
    """ALTER … OWNER TO of what is no relation."""
    kind = at.node.get("objectType", "")
    name = _object_name(at.node.get("object"), at, kind)
    if kind in _ROUTINES:
        return Prediction((AlterRoutine(relation=name),))
    return Prediction((OtherChange(relation=name, what=_what("OWNER", kind)),))
