"""ALTER TYPE of a composite type: what the server refuses while the type is in use.

``ATTypedTableRecursion`` and ``find_composite_type_dependencies`` of ``commands/tablecmds.c``.
"""

from __future__ import annotations

from migration_lint.engines.postgres.situation import Situation
from migration_lint.engines.postgres.statements.alteration import Clause
from migration_lint.schema import RelationKind

_ATTRIBUTES = ("AT_AddColumn", "AT_DropColumn", "AT_AlterColumnType")
_STORED = (RelationKind.TABLE, RelationKind.PARTITIONED_TABLE, RelationKind.MATERIALIZED_VIEW)


def refused_for_use(clause: Clause) -> str | None:
    """Why a clause of ALTER TYPE is refused: a table is made of the type, or stores values of it."""
    at, name, subtype = clause.at, clause.table, clause.command["subtype"]
    known = at.relation(name)
    if at.node.get("objtype") != "OBJECT_TYPE" or known is None or subtype not in _ATTRIBUTES:
        return None
    if known.kind is not RelationKind.COMPOSITE_TYPE:
        return f"{name} is a {known.kind.value}, not a composite type"
    typed = typed_tables(name, at)
    if typed and clause.command.get("behavior") != "DROP_CASCADE":
        return f"{name} is the type of the table {typed[0]}: ALTER TYPE needs CASCADE"
    if subtype == "AT_AlterColumnType":
        for relation in at.catalog.using_type(name):
            if relation.kind in _STORED:
                return f"{relation.name} stores values of {name}, whose attributes keep their types then"
    return None


def typed_tables(name: str, at: Situation) -> list[str]:
    """The tables ``OF`` a composite type."""
    return sorted(known.name for known in at.catalog.relations.values() if known.of_type == name)
