"""What a new constraint must fit: ``ATExecAddConstraint``, ``ATAddForeignKeyConstraint``, ``DefineIndex``."""

from __future__ import annotations

from collections.abc import Iterator

from migration_lint.engines.postgres.casts import is_comparable
from migration_lint.engines.postgres.definitions import INDEXED, implied_not_null
from migration_lint.engines.postgres.index_definitions import same_expression
from migration_lint.engines.postgres.nodes import Node, walk
from migration_lint.engines.postgres.statements.alteration import Clause
from migration_lint.folding.inheritance import counterpart
from migration_lint.names import bare, split
from migration_lint.schema import (
    Constraint,
    ConstraintKind,
    Generated,
    Index,
    Persistence,
    Relation,
    RelationKind,
)

_NOT_VALID_ON_PARTITIONED_SINCE = 18
_EXCLUSION_ON_PARTITIONED_SINCE = 17
_SETTING = ("set null", "set default")
_SYSTEM = frozenset("tableoid cmax xmax cmin xmin ctid".split())


def of_constraint(clause: Clause, constraint: Constraint, node: Node) -> Iterator[str]:
    """A constraint that is added to the table of the clause, on its own line or beside a column."""
    table, kind = clause.known, constraint.kind
    shown = bare(clause.table)
    for name in constraint.columns:
        if table.column(name) is None and name not in _SYSTEM:
            yield f'column "{name}" does not exist'
    if kind is ConstraintKind.CHECK:
        yield from _check(clause, constraint)
    elif kind is ConstraintKind.NOT_NULL:
        yield from _not_null(clause, constraint)
    elif kind is ConstraintKind.FOREIGN_KEY:
        if constraint.named and table.constraint(constraint.name) is not None:
            yield f'constraint "{constraint.name}" for relation "{shown}" already exists'
        yield from _foreign_key(clause, constraint)
    elif kind in INDEXED:
        if kind is ConstraintKind.PRIMARY_KEY and table.primary_key is not None:
            yield f'multiple primary keys for table "{shown}" are not allowed'
        if kind is ConstraintKind.PRIMARY_KEY and not clause.recurse:
            yield from _nullable_below(clause, constraint)
        if "indexname" in node:
            yield from _using_index(clause, constraint, node)
        else:
            yield from _new_index(clause, constraint)


def _nullable_below(clause: Clause, key: Constraint) -> Iterator[str]:
    """A primary key of ONLY a table makes no column NOT NULL in those below it, which must be so already."""
    if clause.known.partition_key is None and clause.at.version < 18:
        return
    for child in clause.at.catalog.children(clause.table):
        for name in key.columns:
            column = child.column(name)
            if column is not None and not column.not_null:
                yield f'column "{name}" of table "{bare(child.name)}" is not marked NOT NULL'


def _check(clause: Clause, constraint: Constraint) -> Iterator[str]:
    table, shown = clause.known, bare(clause.table)
    children = clause.at.catalog.children(clause.table)
    taken = table.constraint(constraint.name) or clause.not_null_named(constraint.name)
    if constraint.named and taken is not None:
        yield f'constraint "{constraint.name}" for relation "{shown}" already exists'
    if constraint.no_inherit and table.kind is RelationKind.PARTITIONED_TABLE:
        yield f'cannot add NO INHERIT constraint to partitioned table "{shown}"'
    if children and not clause.recurse and not constraint.no_inherit:
        yield "constraint must be added to child tables too"
    tree = constraint.expression.tree if constraint.expression is not None else None
    for kind, fields in walk(tree):
        if kind == "SubLink":
            yield "cannot use subquery in check constraint"
        if kind == "FuncCall" and fields.get("agg_star"):
            yield "aggregate functions are not allowed in check constraints"
    if constraint.no_inherit or not clause.recurse:
        return
    for child in clause.below():
        own = child.constraint(constraint.name)
        if own is None or own.expression is None or constraint.expression is None:
            continue
        same = same_expression(own.expression, constraint.expression)
        if own.kind is not ConstraintKind.CHECK or not same:
            yield f'constraint "{constraint.name}" for relation "{bare(child.name)}" already exists'
        elif own.no_inherit:
            yield (
                f'constraint "{constraint.name}" conflicts with non-inherited constraint '
                f'on relation "{bare(child.name)}"'
            )


def _not_null(clause: Clause, constraint: Constraint) -> Iterator[str]:
    children = clause.at.catalog.children(clause.table)
    if children and not clause.recurse and not constraint.no_inherit:
        yield "constraint must be added to child tables too"
    own = counterpart(clause.known, constraint)
    column = clause.known.column(constraint.columns[0]) if constraint.columns else None
    has_one = own is None and column is not None and column.not_null
    if has_one and constraint.named and implied_not_null(clause.known, constraint.name) is None:
        yield f'cannot create not-null constraint "{constraint.name}": the column is NOT NULL already'
    if own is not None and own.name != constraint.name and constraint.named:
        yield f'cannot create not-null constraint "{constraint.name}": the column has "{own.name}"'
    elif constraint.named and own is None and clause.known.constraint(constraint.name) is not None:
        yield f'constraint "{constraint.name}" for relation "{bare(clause.table)}" already exists'


def _foreign_key(clause: Clause, key: Constraint) -> Iterator[str]:
    table, at = clause.known, clause.at
    shown = bare(clause.table)
    divided = table.kind is RelationKind.PARTITIONED_TABLE
    if divided and not clause.recurse:
        yield f'cannot use ONLY for foreign key on partitioned table "{shown}"'
    if divided and not key.validated and at.version < _NOT_VALID_ON_PARTITIONED_SINCE:
        yield f'cannot add NOT VALID foreign key on partitioned table "{shown}"'
    for name in key.columns:
        column = table.column(name)
        changes = key.on_delete in _SETTING or key.on_update in (*_SETTING, "cascade")
        if column is not None and column.generated is not None and changes:
            yield "invalid action for foreign key constraint containing generated column"
    target = table if key.references == clause.table else at.relation(key.references or "")
    if target is None:
        return
    if target.kind not in (RelationKind.TABLE, RelationKind.PARTITIONED_TABLE):
        yield f'referenced relation "{bare(target.name)}" is not a table'
    ranks = (Persistence.PERMANENT, Persistence.UNLOGGED, Persistence.TEMPORARY)
    mine, theirs = ranks.index(table.persistence), ranks.index(target.persistence)
    if theirs > mine or (mine == 2 and theirs != 2):
        yield (
            f"constraints on {table.persistence.value} tables may not reference "
            f"{target.persistence.value} ones"
        )
    if target.complete:
        yield from _referenced(clause, key, target)


def _referenced(clause: Clause, key: Constraint, target: Relation) -> Iterator[str]:
    if not key.referenced_columns:
        yield f'there is no primary key for referenced table "{bare(target.name)}"'
    for name in key.referenced_columns:
        if target.column(name) is None and name not in _SYSTEM:
            yield f'column "{name}" referenced in foreign key constraint does not exist'
    if len(key.columns) != len(key.referenced_columns):
        yield "number of referencing and referenced columns for foreign key disagree"
    known = clause.at.catalog.indexes_on(target.name)
    matching = [
        index
        for index in known
        if (index.unique or index.constraint is not None)
        and index.valid
        and index.predicate is None
        and not index.expressions
        and sorted(column or "" for column in index.columns) == sorted(key.referenced_columns)
    ]
    if not matching:
        yield f'there is no unique constraint matching given keys for referenced table "{bare(target.name)}"'
    deferrable = [
        (own := target.constraint(index.constraint or "")) is not None and own.deferrable
        for index in matching
    ]
    if deferrable and all(deferrable):
        yield f'cannot use a deferrable unique constraint for referenced table "{bare(target.name)}"'
    for own_name, other_name in zip(key.columns, key.referenced_columns, strict=False):
        mine, theirs = clause.known.column(own_name), target.column(other_name)
        if mine is None or theirs is None or mine.type is None or theirs.type is None:
            continue
        if is_comparable(mine.type, theirs.type, clause.at.catalog) is False:
            yield (
                f'foreign key constraint "{key.name}" cannot be implemented: '
                f"{mine.type} and {theirs.type} are incompatible types"
            )


def _new_index(clause: Clause, constraint: Constraint) -> Iterator[str]:
    table, at = clause.known, clause.at
    for name in constraint.columns:
        column = table.column(name)
        if column is not None and column.generated is Generated.VIRTUAL:
            yield f"{constraint.kind.value} constraints on virtual generated columns are not supported"
    schema = split(clause.table)[0]
    qualified = f"{schema}.{constraint.name}"
    taken = at.index(qualified) is not None or at.relation(qualified) is not None
    if constraint.named and taken:
        yield f'relation "{constraint.name}" already exists'
    if constraint.named and table.constraint(constraint.name) is not None:
        yield f'constraint "{constraint.name}" for relation "{bare(clause.table)}" already exists'
    if table.partition_key is None:
        return
    if constraint.kind is ConstraintKind.EXCLUSION and at.version < _EXCLUSION_ON_PARTITIONED_SINCE:
        yield "exclusion constraints are not supported on partitioned tables"
    if None in table.partition_key.columns:
        yield f"unsupported {constraint.kind.value} constraint with partition key definition"
    left = [name for name in table.partition_key.columns if name not in constraint.columns]
    if left and constraint.kind is not ConstraintKind.EXCLUSION:
        yield "unique constraint on partitioned table must include all partitioning columns"


def _using_index(clause: Clause, constraint: Constraint, node: Node) -> Iterator[str]:
    name = str(node["indexname"])
    qualified = f"{split(clause.table)[0]}.{name}"
    index = clause.at.index(qualified)
    if clause.known.kind is RelationKind.PARTITIONED_TABLE:
        yield "ADD CONSTRAINT USING INDEX is not supported on partitioned tables"
    if index is None:
        yield f'index "{name}" does not exist'
        return
    yield from _unusable(clause, index, name)
    if constraint.named and constraint.name != name:
        other = f"{split(clause.table)[0]}.{constraint.name}"
        if clause.at.index(other) is not None or clause.at.relation(other) is not None:
            yield f'relation "{constraint.name}" already exists'


def _unusable(clause: Clause, index: Index, name: str) -> Iterator[str]:
    if index.relation != clause.table:
        yield f'index "{name}" does not belong to table "{bare(clause.table)}"'
    if index.constraint is not None:
        yield f'index "{name}" is already associated with a constraint'
    if not index.valid:
        yield f'index "{name}" is not valid'
    if not index.unique:
        yield f'"{name}" is not a unique index'
    if index.expressions:
        yield f'index "{name}" contains expressions'
    if index.predicate is not None:
        yield f'"{name}" is a partial index'
    if index.method != "btree":
        yield f'index "{name}" is not a btree'
    if any(index.sorting):
        yield f'index "{name}" does not have default sorting behavior'
