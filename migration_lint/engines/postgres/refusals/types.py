"""ALTER COLUMN … TYPE: what stands in the way.

``ATPrepAlterColumnType`` and ``RememberAllDependentForRebuilding`` of ``commands/tablecmds.c``.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_lint.engines.postgres.casts import is_assignable, is_comparable
from migration_lint.engines.postgres.nodes import tag
from migration_lint.engines.postgres.refusals.columns import in_partition_key, missing, typed
from migration_lint.engines.postgres.statements.alteration import Clause
from migration_lint.folding.inheritance import parents_with_column
from migration_lint.names import bare
from migration_lint.schema import Column, Relation, RelationKind, Type


def alter_column_type(clause: Clause) -> Iterator[str]:
    """SET DATA TYPE."""
    table, name = clause.known, clause.name
    if table.kind is RelationKind.COMPOSITE_TYPE:
        yield from _row_type_in_use(clause)
        return
    yield from missing(table, name)
    column = table.column(name)
    if column is None:
        return
    using = clause.definition.get("raw_default")
    if table.of_type is not None:
        yield "cannot alter column type of typed table"
    if using and column.generated is not None:
        yield "cannot specify USING when altering type of generated column"
    if parents_with_column(clause.at.catalog, table, name):
        yield f'cannot alter inherited column "{name}"'
    if in_partition_key(table, name):
        yield f'cannot alter column "{name}": it is part of the partition key of "{bare(clause.table)}"'
    family = clause.family()
    if not clause.recurse and clause.at.catalog.children(clause.table):
        yield f'type of inherited column "{name}" must be changed in child tables too'
    there = {one.name for one in family}
    for one in family[1:]:
        above = parents_with_column(clause.at.catalog, one, name)
        if any(parent not in there for parent in above):
            yield f'cannot alter inherited column "{name}" of relation "{bare(one.name)}"'
        if in_partition_key(one, name):
            yield f'cannot alter column "{name}": it is part of the partition key of "{bare(one.name)}"'
        own = one.column(name)
        twice = own is not None and own.not_null and own.not_null_local and column.not_null
        if twice and above and clause.at.version >= 18:
            yield f'cannot create not-null constraint on column "{name}" of table "{bare(one.name)}" again'
    default = column.default.tree if column.default is not None and column.generated is None else None
    if not using or (isinstance(default, dict) and tag(default) == "A_Const"):
        yield from _casts(clause, column)  # a literal default has the column's type, and USING is not for it
    for one in family:
        yield from _users(clause, one, name)
    yield from _keys(clause, name)


def _keys(clause: Clause, name: str) -> Iterator[str]:
    """Foreign keys of the column, and to it, that could not compare the two types."""
    new, at = clause.at.type(clause.definition["typeName"]), clause.at
    for key in clause.known.constraints:
        target = at.relation(key.references or "")
        for mine, theirs in zip(key.columns, key.referenced_columns, strict=False):
            other = target.column(theirs) if target is not None and target.name != clause.table else None
            if mine == name and other is not None and _incomparable(new, other.type, clause):
                yield f'foreign key constraint "{key.name}" cannot be implemented'
    for table, key in at.catalog.foreign_keys_to(clause.table):
        for mine, theirs in zip(key.columns, key.referenced_columns, strict=False):
            own = table.column(mine) if table.name != clause.table else None
            if theirs == name and own is not None and _incomparable(own.type, new, clause):
                yield f'foreign key constraint "{key.name}" cannot be implemented'


def _incomparable(own: Type | None, referenced: Type | None, clause: Clause) -> bool:
    if own is None or referenced is None:
        return False
    return is_comparable(own, referenced, clause.at.catalog) is False


def _casts(clause: Clause, column: Column) -> Iterator[str]:
    new = clause.at.type(clause.definition["typeName"])
    if column.type is None:
        return
    if is_assignable(column.type, new, clause.at.catalog) is False:
        yield f'column "{column.name}" cannot be cast automatically to type {new}'


def _users(clause: Clause, table: Relation, name: str) -> Iterator[str]:
    """What reads the column and is not made again: views, policies, triggers, generated columns."""
    catalog = clause.at.catalog
    for view in catalog.views_of(table.name):
        if view.reads_columns is not None and (table.name, name) in view.reads_columns:
            yield f'cannot alter type of a column that the view "{bare(view.name)}" uses'
    for policy in table.policies:
        if policy.columns is not None and (table.name, name) in policy.columns:
            yield f'cannot alter type of a column that the policy "{policy.name}" uses'
    for trigger in table.triggers:
        if name in trigger.columns:
            yield f'cannot alter type of a column that the trigger "{trigger.name}" uses'
    for column in table.columns:
        reads = column.generated is not None and column.default is not None and name in column.default.columns
        if reads:
            yield f'cannot alter type of a column that the generated column "{column.name}" uses'


def _row_type_in_use(clause: Clause) -> Iterator[str]:
    """A composite type that a column has cannot change, for its stored rows would not."""
    for relation in clause.at.catalog.using_type(clause.table):
        if relation.kind not in (RelationKind.VIEW, RelationKind.COMPOSITE_TYPE):
            column = next(c for c in relation.columns if c.type is not None)
            for own in relation.columns:
                if own.type is not None and own.type.name == clause.table:
                    column = own
            yield f'cannot alter type: column "{bare(relation.name)}.{column.name}" uses it'
    yield from typed(clause)
