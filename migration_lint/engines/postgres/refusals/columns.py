"""Clauses about columns that the server refuses."""

from __future__ import annotations

from collections.abc import Iterator

from migration_lint.engines.postgres.definitions import read_column
from migration_lint.engines.postgres.dependents import Thing, removal
from migration_lint.engines.postgres.expressions import columns_of
from migration_lint.engines.postgres.nodes import body, constant, walk
from migration_lint.engines.postgres.refusals import keys
from migration_lint.engines.postgres.statements.alteration import Clause
from migration_lint.engines.postgres.types import base_of, is_varlena
from migration_lint.folding.inheritance import losing, parents_with_column
from migration_lint.names import bare
from migration_lint.schema import Column, ConstraintKind, Generated, Relation, RelationKind

_SYSTEM = frozenset("tableoid cmax xmax cmin xmin ctid".split())
_SOURCES = frozenset(["CONSTR_DEFAULT", "CONSTR_IDENTITY", "CONSTR_GENERATED"])
_SHARED_IDENTITY_SINCE = 17
"""Partitions have the identity columns of the table above."""


def missing(table: Relation, name: str) -> Iterator[str]:
    """The column is none that the table has."""
    if table.column(name) is None:
        if name in _SYSTEM:
            yield f'cannot alter system column "{name}"'
        else:
            yield f'column "{name}" of relation "{bare(table.name)}" does not exist'


def named_column(clause: Clause) -> Iterator[str]:
    """A clause that only needs its column to be there."""
    if not clause.name:
        yield "cannot refer to non-index column by number"
    elif clause.known.kind is not RelationKind.COMPOSITE_TYPE:
        yield from missing(clause.known, clause.name)


def typed(clause: Clause) -> Iterator[str]:
    """Tables OF a composite type change with it, which CASCADE must say."""
    family = clause.family() if clause.known.kind is RelationKind.COMPOSITE_TYPE else [clause.known]
    if len(family) > 1 and not clause.cascade:
        yield f'cannot alter type "{bare(clause.table)}" because it is the type of a typed table'


def inherited(clause: Clause, table: Relation, name: str) -> bool:
    """Whether the column comes from a table above."""
    return bool(parents_with_column(clause.at.catalog, table, name))


def in_partition_key(table: Relation, name: str) -> bool:
    """Whether the rows are divided by the column."""
    key = table.partition_key
    return key is not None and (
        name in key.columns or any(name in expression.columns for expression in key.expressions)
    )


def add_column(clause: Clause) -> Iterator[str]:
    """ADD COLUMN."""
    table, shown = clause.known, bare(clause.table)
    made = read_column(clause.definition, table, clause.at)
    name = made.column.name
    children = clause.at.catalog.children(clause.table)
    if table.bound is not None:
        yield "cannot add column to a partition"
    yield from typed(clause)
    written = [body(item).get("contype") for item in clause.definition.get("constraints") or ()]
    if len(_SOURCES.intersection(written)) > 1:
        yield f'column "{name}" has two of a default, an identity and a generation expression'
    if table.of_type is not None:
        yield "cannot add column to typed table"
    if table.column(name) is not None:
        if not clause.missing_ok:
            yield f'column "{name}" of relation "{shown}" already exists'
        return
    if name in _SYSTEM:
        yield f'column name "{name}" conflicts with a system column name'
    if children and not clause.recurse and table.kind is not RelationKind.COMPOSITE_TYPE:
        yield "column must be added to child tables too"
    divided = table.kind is RelationKind.PARTITIONED_TABLE and clause.at.version >= _SHARED_IDENTITY_SINCE
    if made.column.identity is not None and children and not divided:
        yield "cannot recursively add identity column to table that has child tables"
    for child in clause.below():
        own = child.column(name)
        if own is not None and own.type is not None and made.column.type is not None:
            if (own.type.name, own.type.dimensions) != (made.column.type.name, made.column.type.dimensions):
                yield f'child table "{bare(child.name)}" has different type for column "{name}"'
            if own.collation != made.column.collation:
                yield f'child table "{bare(child.name)}" has different collation for column "{name}"'
    yield from _generation(clause, made.column)
    after = clause.with_column(made.column)
    for constraint in made.constraints:
        yield from keys.of_constraint(after, constraint, {})


def _generation(clause: Clause, column: Column) -> Iterator[str]:
    if column.generated is None or column.default is None:
        return
    if column.identity is not None:
        yield f'both identity and generation expression specified for column "{column.name}"'
    for name in sorted(column.default.columns):
        other = clause.known.column(name)
        if name == column.name or (other is not None and other.generated is not None):
            yield "cannot use generated column in column generation expression"
        elif other is None and name not in _SYSTEM:
            yield f'column "{name}" does not exist'
    if column.default.volatile:
        yield "generation expression is not immutable"


def drop_column(clause: Clause) -> Iterator[str]:
    """DROP COLUMN."""
    table, name = clause.known, clause.name
    if table.column(name) is None:
        if name in _SYSTEM:
            yield f'cannot drop system column "{name}"'
        if not clause.missing_ok:
            yield f'column "{name}" of relation "{bare(clause.table)}" does not exist'
        return
    if table.kind is RelationKind.COMPOSITE_TYPE:
        yield from typed(clause)
        return
    if table.of_type is not None:
        yield "cannot drop column from typed table"
    if inherited(clause, table, name):
        yield f'cannot drop inherited column "{name}"'
    if in_partition_key(table, name):
        yield f'cannot drop column "{name}" because it is part of the partition key of "{bare(clause.table)}"'
    children = clause.at.catalog.children(clause.table)
    if table.partition_key is not None and children and not clause.recurse:
        yield "cannot drop column from only the partitioned table when partitions exist"
    gone = [table]
    if clause.recurse:
        gone, _ = losing(
            clause.at.catalog,
            table,
            lambda heir: parents_with_column(clause.at.catalog, heir, name),
            lambda heir: (own := heir.column(name)) is None or own.local,
        )
    for one in gone[1:]:
        if in_partition_key(one, name):
            yield f'cannot drop column "{name}" because it is part of the partition key of "{bare(one.name)}"'
    if not clause.cascade:
        others = removal([Thing("column", one.name, name) for one in gone], clause.at).others
        if others:
            yield f"cannot drop column {name}: {others[0]} needs it, and CASCADE is not given"


def column_default(clause: Clause) -> Iterator[str]:
    """SET DEFAULT and DROP DEFAULT."""
    if clause.known.kind is RelationKind.VIEW and not clause.known.columns:
        return
    yield from missing(clause.known, clause.name)
    column = clause.known.column(clause.name)
    if column is None:
        return
    if column.identity is not None:
        yield f'column "{column.name}" of relation "{bare(clause.table)}" is an identity column'
    if column.generated is not None:
        yield f'column "{column.name}" of relation "{bare(clause.table)}" is a generated column'
    for kind, fields in walk(clause.command.get("def")):
        if kind == "ColumnRef" and fields.get("fields"):
            yield "cannot use column reference in DEFAULT expression"
        if kind == "SubLink":
            yield "cannot use subquery in DEFAULT expression"


def set_not_null(clause: Clause) -> Iterator[str]:
    """SET NOT NULL."""
    table, name = clause.known, clause.name
    yield from missing(table, name)
    column = table.column(name)
    if column is None or column.not_null or clause.recurse:
        return
    children = clause.at.catalog.children(clause.table)
    nullable = any((own := child.column(name)) is None or not own.not_null for child in children)
    if table.partition_key is not None and children and (nullable or clause.at.version >= 18):
        yield "constraint must be added to child tables too"


def drop_not_null(clause: Clause) -> Iterator[str]:
    """DROP NOT NULL."""
    table, name = clause.known, clause.name
    yield from missing(table, name)
    column = table.column(name)
    if column is None or not column.not_null:
        return
    shown = bare(clause.table)
    if column.identity is not None:
        yield f'column "{name}" of relation "{shown}" is an identity column'
    if table.primary_key is not None and name in table.primary_key.columns:
        yield f'column "{name}" is in a primary key'
    index = clause.at.index(table.replica_identity)
    if index is not None and name in index.columns:
        yield f'column "{name}" is in index used as replica identity'
    above = [clause.at.relation(parent) for parent in table.parents]
    required = any(
        parent is not None and (own := parent.column(name)) is not None and own.not_null for parent in above
    )
    if required and (clause.at.version >= 18 or table.bound is not None):
        yield f'column "{name}" is marked NOT NULL in parent table'
    divided = table.partition_key is not None and clause.at.catalog.children(clause.table)
    if divided and not clause.recurse and clause.at.version < 18:
        yield "cannot remove constraint from only the partitioned table when partitions exist"
    if clause.at.version < 18:
        for heir in clause.below() if clause.recurse else ():
            if heir.primary_key is not None and name in heir.primary_key.columns:
                yield f'column "{name}" is in a primary key'


def add_identity(clause: Clause) -> Iterator[str]:
    """ADD GENERATED … AS IDENTITY."""
    yield from _identity_of_partition(clause, "add identity to")
    yield from missing(clause.known, clause.name)
    column = clause.known.column(clause.name)
    if column is None:
        return
    which = f'column "{column.name}" of relation "{bare(clause.table)}"'
    if not column.not_null:
        yield f"{which} must be declared NOT NULL before identity can be added"
    if column.identity is not None:
        yield f"{which} is already an identity column"
    if column.default is not None or column.serial:
        yield f"{which} already has a default value"
    if not _counts(clause, column):
        yield "identity column type must be smallint, integer, or bigint"


def _counts(clause: Clause, column: Column) -> bool:
    if column.type is None:
        return True
    base, _ = base_of(column.type, clause.at.catalog)
    return base.name in ("smallint", "integer", "bigint") and not base.dimensions


def _identity_of_partition(clause: Clause, what: str) -> Iterator[str]:
    if clause.at.version < _SHARED_IDENTITY_SINCE:
        return
    if clause.known.bound is not None:
        yield f"cannot {what} a column of a partition"
    if (
        clause.known.partition_key is not None
        and not clause.recurse
        and clause.at.catalog.children(clause.table)
    ):
        yield f"cannot {what} a column of only the partitioned table"


def set_identity(clause: Clause) -> Iterator[str]:
    """SET GENERATED, and the options of the identity's sequence."""
    yield from _identity_of_partition(clause, "change identity of")
    yield from missing(clause.known, clause.name)
    column = clause.known.column(clause.name)
    if column is not None and column.identity is None:
        yield f'column "{column.name}" of relation "{bare(clause.table)}" is not an identity column'


def drop_identity(clause: Clause) -> Iterator[str]:
    """DROP IDENTITY."""
    yield from _identity_of_partition(clause, "drop identity from")
    yield from missing(clause.known, clause.name)
    column = clause.known.column(clause.name)
    if column is not None and column.identity is None and not clause.missing_ok:
        yield f'column "{column.name}" of relation "{bare(clause.table)}" is not an identity column'


def set_expression(clause: Clause) -> Iterator[str]:
    """SET EXPRESSION."""
    table = clause.known
    yield from missing(table, clause.name)
    column = table.column(clause.name)
    if column is None:
        return
    if column.generated is None:
        yield f'column "{column.name}" of relation "{bare(clause.table)}" is not a generated column'
    checked = any(one.kind is ConstraintKind.CHECK for one in table.constraints)
    if column.generated is Generated.VIRTUAL and checked:
        yield "SET EXPRESSION is not supported for virtual generated columns in tables with check constraints"
    for other in table.columns:
        used = other.name in columns_of(clause.command.get("def"))
        if used and other.generated is not None:
            yield "cannot use generated column in column generation expression"
    for name in sorted(columns_of(clause.command.get("def"))):
        if table.column(name) is None and name not in _SYSTEM:
            yield f'column "{name}" does not exist'
    expression = clause.at.expression(clause.command.get("def"), "")
    if expression is not None and expression.volatile:
        yield "generation expression is not immutable"


def drop_expression(clause: Clause) -> Iterator[str]:
    """DROP EXPRESSION."""
    table = clause.known
    yield from missing(table, clause.name)
    column = table.column(clause.name)
    if column is None:
        return
    shown = f'column "{column.name}" of relation "{bare(clause.table)}"'
    if column.generated is None and not clause.missing_ok:
        yield f"{shown} is not a generated column"
    if column.generated is Generated.VIRTUAL:
        yield f"DROP EXPRESSION is not supported for virtual generated columns: {shown}"
    if not clause.recurse and clause.at.catalog.children(clause.table):
        yield "DROP EXPRESSION must be applied to child tables too"
    if inherited(clause, table, column.name):
        yield "cannot drop generation expression from inherited column"


def set_storage(clause: Clause) -> Iterator[str]:
    """SET STORAGE: only values of varying length are ever moved out of the row."""
    yield from missing(clause.known, clause.name)
    wanted = str(constant(clause.command.get("def"))).lower()
    column = clause.known.column(clause.name)
    if wanted not in ("plain", "default") and column is not None:
        yield from _plain_only(clause, column, f"cannot have storage {wanted.upper()}")


def set_compression(clause: Clause) -> Iterator[str]:
    """SET COMPRESSION."""
    yield from missing(clause.known, clause.name)
    wanted = str(constant(clause.command.get("def"))).lower()
    column = clause.known.column(clause.name)
    if wanted not in ("pglz", "lz4", "default"):
        yield f'invalid compression method "{wanted}"'
    if wanted != "default" and column is not None:
        yield from _plain_only(clause, column, "does not support compression")


def _plain_only(clause: Clause, column: Column, what: str) -> Iterator[str]:
    if column.type is not None and is_varlena(column.type, clause.at.catalog) is False:
        yield f"column data type {column.type} {what}"
