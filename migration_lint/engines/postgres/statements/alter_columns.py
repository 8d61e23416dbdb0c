"""ALTER TABLE: columns added and dropped, defaults, NOT NULL, identity, generation."""

from __future__ import annotations

from collections.abc import Iterator

from migration_lint.effects import (
    AddColumn,
    AddConstraint,
    DropColumn,
    DropDefault,
    Effect,
    SetDefault,
    SetGenerated,
    SetIdentity,
)
from migration_lint.engines.postgres.definitions import ColumnDefinition, index_of, read_column
from migration_lint.engines.postgres.locks import Mode
from migration_lint.engines.postgres.nodes import body, constant, is_null, names, options, tag, walk
from migration_lint.engines.postgres.prediction import lock
from migration_lint.engines.postgres.scan import after_word, in_parentheses
from migration_lint.engines.postgres.statements.alter_constraints import (
    constraint_impacts,
    constraint_partitions,
)
from migration_lint.engines.postgres.statements.alter_not_null import is_not_null
from migration_lint.engines.postgres.statements.alteration import Clause
from migration_lint.engines.postgres.statements.drop_effects import referenced_side
from migration_lint.engines.postgres.types import base_of
from migration_lint.folding import fold
from migration_lint.folding.inheritance import losing, parents_with_column
from migration_lint.folding.registry import index_uses
from migration_lint.schema import (
    ConstraintKind,
    Expression,
    Generated,
    Relation,
    RelationKind,
    TypeKind,
)

_EXCLUSIVE = Mode.AccessExclusiveLock
_DOMAIN_DEFAULTS_SINCE = 13
"""Before, a new column's old rows did not get the default of its domain."""
_CONSTRAINTS_LEFT_OUT_SINCE = 13
"""Before, IF NOT EXISTS on a column that exists still added the keys written beside it."""


def add_column(clause: Clause) -> Iterator[Effect]:
    """ADD COLUMN: free where the server can keep one value for all old rows (11 and later)."""
    made = read_column(clause.definition, clause.known, clause.at)
    change = AddColumn(
        relation=clause.table,
        column=made.column,
        if_not_exists=clause.missing_ok,
        clause=clause.number,
    )
    if clause.missing_ok and clause.known.column(made.column.name) is not None:
        yield change
        if clause.at.version < _CONSTRAINTS_LEFT_OUT_SINCE:
            yield from _constraints_beside(made, clause, checks=False)
        return
    new, merged = clause.receivers(lambda heir: heir.column(made.column.name) is not None)
    if clause.known.kind is RelationKind.COMPOSITE_TYPE:
        new, merged = clause.family(), []
    yield change
    yield from clause.locked([*new, *merged], _EXCLUSIVE)
    rewrites, certain = _fills_rows(made, clause)
    if rewrites and made.column.default is not None:
        for sequence in _sequences_read(made.column.default, clause):
            yield lock(sequence, Mode.RowExclusiveLock, clause=clause.number)
    for table in new:
        if rewrites:
            yield from clause.rewritten(table, certain=certain)
        elif made.column.not_null and made.column.generated is Generated.VIRTUAL:
            yield from clause.scanned(table)
    if made.column.not_null and clause.at.version >= 18:
        for heir in merged:
            if not is_not_null(heir, made.column.name):
                yield from clause.scanned(heir)
    after = clause.with_situation(clause.at.with_catalog(fold(clause.at.catalog, change, clause.at.origin)))
    yield from _constraints_beside(made, after)


def _constraints_beside(made: ColumnDefinition, after: Clause, *, checks: bool = True) -> Iterator[Effect]:
    """The constraints written beside a column, as if they were added to the table."""
    for constraint in made.constraints:
        if constraint.kind is ConstraintKind.CHECK and not checks:
            continue
        index = index_of(constraint, after.table)
        built, adopted = constraint_partitions(after, constraint, index)
        yield AddConstraint(
            relation=after.table,
            constraint=constraint,
            inline=True,
            index=index,
            partitions=(*built, *adopted),
            clause=after.number,
        )
        no_default = made.column.default is None and not made.default_null
        unchecked = constraint.kind is ConstraintKind.FOREIGN_KEY and no_default and checks
        made_indexes = [] if index is None else [index, *built]
        yield from constraint_impacts(after, constraint, made_indexes, checks_rows=not unchecked)


def _fills_rows(made: ColumnDefinition, clause: Clause) -> tuple[bool, bool]:
    """(whether every row is written anew, whether that is certain)."""
    column = made.column
    if column.generated is Generated.VIRTUAL:
        return False, True
    if column.generated is Generated.STORED or column.identity is not None:
        return True, True
    if column.type is not None and not column.type.dimensions:
        _, constrained = base_of(column.type, clause.at.catalog)
        if constrained:
            return True, True
    default = column.default
    if default is None and not made.default_null and column.type is not None:
        domain = clause.at.catalog.types.get(column.type.name)
        domains = clause.at.version >= _DOMAIN_DEFAULTS_SINCE and not column.type.dimensions
        if domains and domain is not None and domain.kind is TypeKind.DOMAIN:
            default = domain.default
    if default is None:
        unknown = column.type is not None and _may_be_domain(column.type.name, clause)
        return False, not unknown
    if default.volatile is None:
        return True, False
    return bool(default.volatile), True


def _sequences_read(default: Expression, clause: Clause) -> list[str]:
    """The sequences named by the ``nextval('…')`` of a default."""
    found = []
    for kind, fields in walk(default.tree):
        if kind == "FuncCall" and names(fields.get("funcname"))[-1:] == ["nextval"]:
            for argument in fields.get("args") or ():
                while tag(argument) == "TypeCast":
                    argument = body(argument).get("arg") or {}
                text = constant(argument)
                if isinstance(text, str):
                    found.append(clause.at.qualified(text.replace('"', "").split(".")))
    return found


def _may_be_domain(name: str, clause: Clause) -> bool:
    return "." in name and name not in clause.at.catalog.types and not clause.at.catalog.complete


def drop_column(clause: Clause) -> Iterator[Effect]:
    """DROP COLUMN: a catalog change; what depends on the column goes too, under its own locks."""
    table = clause.known
    if clause.missing_ok and table.complete and table.column(clause.name) is None:
        return
    yield DropColumn(
        relation=clause.table,
        column=clause.name,
        cascade=clause.cascade,
        if_exists=clause.missing_ok,
        only=not clause.recurse,
        clause=clause.number,
    )
    if clause.known.kind is RelationKind.COMPOSITE_TYPE:
        gone, kept = clause.family(), list[Relation]()
    elif clause.recurse:
        gone, kept = losing(
            clause.at.catalog,
            table,
            lambda heir: parents_with_column(clause.at.catalog, heir, clause.name),
            lambda heir: (own := heir.column(clause.name)) is None or own.local,
        )
    else:  # heirs keep the column as their own
        gone, kept = [table], clause.at.catalog.children(clause.table)
    yield from clause.locked(kept, clause.mode)
    for one in gone:
        yield lock(one.name, _EXCLUSIVE, clause=clause.number)
        yield from _dropped_with(clause, one)


def _dropped_with(clause: Clause, table: Relation) -> Iterator[Effect]:
    """Locks on what is dropped with a column: foreign keys' other sides, views, sequences."""
    catalog, name = clause.at.catalog, clause.name
    for index in catalog.indexes_on(table.name):
        if index_uses(index, name):
            yield lock(index.name, _EXCLUSIVE, clause=clause.number)
    for constraint in table.constraints:
        if constraint.references is not None and name in constraint.columns:
            for other_side in referenced_side(constraint.references, clause.at):
                yield lock(other_side, _EXCLUSIVE, clause=clause.number)
    for sequence in catalog.sequences_of(table.name, name):
        yield lock(sequence.name, _EXCLUSIVE, clause=clause.number)
    if not clause.cascade:
        return
    for other, key in catalog.foreign_keys_to(table.name):
        if name in key.referenced_columns:
            yield lock(other.name, _EXCLUSIVE, clause=clause.number)
    for view in catalog.views_of(table.name):
        if view.reads_columns is None or (table.name, name) in view.reads_columns:
            sure = view.reads_columns is not None
            yield lock(view.name, _EXCLUSIVE, clause=clause.number, certain=sure)
            yield from _views_above(clause, view)


def _views_above(clause: Clause, view: Relation) -> Iterator[Effect]:
    for other in clause.at.catalog.views_of(view.name):
        yield lock(other.name, _EXCLUSIVE, clause=clause.number)
        yield from _views_above(clause, other)


def column_default(clause: Clause) -> Iterator[Effect]:
    """SET DEFAULT and DROP DEFAULT: for new rows only."""
    node = clause.command.get("def")
    yield from clause.locked(clause.family(), _EXCLUSIVE)
    if node is None or is_null(node):
        yield DropDefault(relation=clause.table, column=clause.name, clause=clause.number)
        return
    expression = clause.at.expression(node, _clause_text(clause, "default"))
    yield SetDefault(
        relation=clause.table,
        column=clause.name,
        default=expression or Expression(""),
        clause=clause.number,
    )


def _clause_text(clause: Clause, word: str) -> str:
    """What follows a word in the clause's own text."""
    from migration_lint.clauses import clause_bounds

    bounds = clause_bounds(clause.at.sql, clause.number)
    text = clause.at.sql[bounds[0] : bounds[1]] if bounds else clause.at.sql
    return after_word(text, word)


def _identity_family(clause: Clause) -> list[Relation]:
    """Partitions share the identity since 17."""
    if clause.at.version >= 17 and clause.recurse:
        return [clause.known, *clause.partitions()]
    return [clause.known]


def add_identity(clause: Clause) -> Iterator[Effect]:
    """ADD GENERATED AS IDENTITY: for new rows only."""
    how = "always" if clause.definition.get("generated_when") == "a" else "by default"
    yield SetIdentity(relation=clause.table, column=clause.name, identity=how, clause=clause.number)
    yield from clause.locked(_identity_family(clause), _EXCLUSIVE)


def set_identity(clause: Clause) -> Iterator[Effect]:
    """SET GENERATED, and the options of the identity's sequence."""
    items = options(body(clause.command.get("def") or {}).get("items") or [])
    column = clause.known.column(clause.name)
    how = column.identity if column is not None else None
    if "generated" in items:
        value = body(items["generated"] or {}).get("ival", 0)
        how = "always" if value == ord("a") else "by default"
    yield SetIdentity(
        relation=clause.table,
        column=clause.name,
        identity=how or "always",
        restart="restart" in items,
        clause=clause.number,
    )
    yield from clause.locked(_identity_family(clause), _EXCLUSIVE)
    for sequence in clause.at.catalog.sequences_of(clause.table, clause.name):
        yield lock(sequence.name, Mode.ShareRowExclusiveLock, clause=clause.number)


def drop_identity(clause: Clause) -> Iterator[Effect]:
    """DROP IDENTITY: the sequence goes too."""
    column = clause.known.column(clause.name)
    yield from clause.locked(_identity_family(clause), _EXCLUSIVE)
    if clause.missing_ok and column is not None and column.identity is None:
        return
    for sequence in clause.at.catalog.sequences_of(clause.table, clause.name):
        yield lock(sequence.name, _EXCLUSIVE, clause=clause.number)
    yield SetIdentity(relation=clause.table, column=clause.name, identity=None, clause=clause.number)


def set_expression(clause: Clause) -> Iterator[Effect]:
    """SET EXPRESSION (17 and later): a stored column is computed anew for every row."""
    text = in_parentheses(clause.at.sql, "expression")
    expression = clause.at.expression(clause.command.get("def"), text)
    yield SetGenerated(relation=clause.table, column=clause.name, expression=expression, clause=clause.number)
    for table in clause.family():
        yield lock(table.name, _EXCLUSIVE, clause=clause.number)
        column = table.column(clause.name)
        if column is not None and column.generated is Generated.VIRTUAL:
            checks = [c for c in table.constraints if clause.name in c.columns and c.validated]
            if checks or column.not_null:
                yield from clause.scanned(table)
            continue
        yield from clause.rewritten(table, certain=column is not None)


def drop_expression(clause: Clause) -> Iterator[Effect]:
    """DROP EXPRESSION (13 and later): the values stay."""
    yield SetGenerated(relation=clause.table, column=clause.name, expression=None, clause=clause.number)
    yield from clause.locked(clause.family(), _EXCLUSIVE)
