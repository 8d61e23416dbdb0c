"""Column and constraint definitions, as CREATE TABLE and ALTER TABLE share them."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from migration_lint.engines.postgres.naming import columns_part, free_name, object_name
from migration_lint.engines.postgres.nodes import Node, body, is_null, names, tag
from migration_lint.engines.postgres.situation import Situation
from migration_lint.names import split
from migration_lint.schema import (
    Column,
    Constraint,
    ConstraintKind,
    Expression,
    Generated,
    Index,
    Relation,
)

_KINDS = {
    "CONSTR_PRIMARY": ConstraintKind.PRIMARY_KEY,
    "CONSTR_UNIQUE": ConstraintKind.UNIQUE,
    "CONSTR_CHECK": ConstraintKind.CHECK,
    "CONSTR_FOREIGN": ConstraintKind.FOREIGN_KEY,
    "CONSTR_EXCLUSION": ConstraintKind.EXCLUSION,
    "CONSTR_NOTNULL": ConstraintKind.NOT_NULL,
}
_ACTIONS = {"a": "no action", "r": "restrict", "c": "cascade", "n": "set null", "d": "set default"}
LABELS = {
    ConstraintKind.CHECK: "check",
    ConstraintKind.FOREIGN_KEY: "fkey",
    ConstraintKind.UNIQUE: "key",
    ConstraintKind.PRIMARY_KEY: "pkey",
    ConstraintKind.EXCLUSION: "excl",
    ConstraintKind.NOT_NULL: "not_null",
}
"""The ends of the names that the server gives to constraints."""
INDEXED = (ConstraintKind.PRIMARY_KEY, ConstraintKind.UNIQUE, ConstraintKind.EXCLUSION)
"""Constraints that an index enforces."""


class ColumnDefinition(Struct, frozen=True):
    """A column and the constraints written beside it, in order.

    `default_null` is true for ``DEFAULT NULL``: no default to speak of, yet one was written.
    """

    column: Column
    constraints: tuple[Constraint, ...] = ()
    default_null: bool = False


def read_column(node: Node, table: Relation, at: Situation) -> ColumnDefinition:
    """A ColumnDef's fields; names of constraints are chosen as for `table`."""
    name = node.get("colname", "")
    kind, serial = at.column_type(node["typeName"]) if "typeName" in node else (None, False)
    column = Column(name, kind, not_null=serial, serial=serial, collation=_collation(node))
    if serial:
        sequence = f"{table.name}_{name}_seq"
        default = Expression(
            f"nextval('{sequence}'::regclass)", volatile=True, mentions=frozenset([split(sequence)[1]])
        )
        column = replace(column, default=default)
    constraints: list[Constraint] = []
    default_null = False
    for item in node.get("constraints") or ():
        fields = body(item)
        what = fields.get("contype", "")
        if what == "CONSTR_NOTNULL":
            column = replace(column, not_null=True)
            if at.version >= 18 and fields.get("conname"):
                constraints.append(read_constraint(fields, table, at, column=name, taken=constraints))
        elif what == "CONSTR_DEFAULT":
            default_null = is_null(fields.get("raw_expr"))
            if not default_null:
                text = at.default_text(fields)
                column = replace(column, default=at.expression(fields.get("raw_expr"), text))
        elif what == "CONSTR_IDENTITY":
            always = fields.get("generated_when") == "a"
            column = replace(column, identity="always" if always else "by default", not_null=True)
        elif what == "CONSTR_GENERATED":
            stored = fields.get("generated_kind", "s") == "s"
            made = Generated.STORED if stored else Generated.VIRTUAL
            expression = at.expression(fields.get("raw_expr"), at.generated_text(fields))
            column = replace(column, generated=made, default=expression)
        elif what in _KINDS:
            constraints.append(read_constraint(fields, table, at, column=name, taken=constraints))
            if what == "CONSTR_PRIMARY":
                column = replace(column, not_null=True)
        elif constraints and what.startswith("CONSTR_ATTR_"):
            constraints[-1] = _with_attribute(constraints[-1], what)
    return ColumnDefinition(column, tuple(constraints), default_null)


def _collation(node: Node) -> str | None:
    clause = node.get("collClause")
    return ".".join(names(clause.get("collname"))) if clause else None


def _with_attribute(constraint: Constraint, what: str) -> Constraint:
    if what == "CONSTR_ATTR_DEFERRABLE":
        return replace(constraint, deferrable=True)
    if what == "CONSTR_ATTR_DEFERRED":
        return replace(constraint, deferrable=True, deferred=True)
    if what == "CONSTR_ATTR_NOT_ENFORCED":
        return replace(constraint, enforced=False, validated=False)
    return constraint


def read_constraint(
    node: Node,
    table: Relation,
    at: Situation,
    *,
    column: str | None = None,
    taken: list[Constraint] | tuple[Constraint, ...] = (),
) -> Constraint:
    """A Constraint's fields. `column` for one beside a column; `taken` are names given in the statement."""
    kind = _KINDS[node["contype"]]
    columns: tuple[str, ...] = (column,) if column is not None else ()
    expression = None
    if kind is ConstraintKind.CHECK:
        expression = at.expression(node.get("raw_expr"), at.check_text(node))
        columns = tuple(sorted(expression.columns)) if expression is not None else ()
    elif kind is ConstraintKind.EXCLUSION:
        columns = tuple(name for name in _excluded(node) if name is not None)
    else:
        columns = tuple(names(node.get("keys") or node.get("fk_attrs"))) or columns
    enforced = bool(node.get("is_enforced", False)) or "is_enforced" not in node
    if kind in (ConstraintKind.CHECK, ConstraintKind.FOREIGN_KEY):
        enforced = bool(node.get("is_enforced", False))
    payload = tuple(names(node.get("including")))
    name = node.get("conname") or _chosen(kind, (*columns, *payload), column, table, at, taken)
    references: str | None = None
    referenced: tuple[str, ...] = ()
    if kind is ConstraintKind.FOREIGN_KEY:
        references, referenced = _references(node, table, at)
    return Constraint(
        name,
        kind,
        columns,
        validated=not node.get("skip_validation", False) and enforced,
        enforced=enforced,
        expression=expression,
        references=references,
        referenced_columns=referenced,
        on_delete=_ACTIONS.get(node.get("fk_del_action", "a"), "no action"),
        on_update=_ACTIONS.get(node.get("fk_upd_action", "a"), "no action"),
        index=f"{split(table.name)[0]}.{name}" if kind in INDEXED else None,
        deferrable=bool(node.get("deferrable", False)),
        deferred=bool(node.get("initdeferred", False)),
        no_inherit=bool(node.get("is_no_inherit", False)),
        named=bool(node.get("conname")),
    )


def _excluded(node: Node) -> list[str | None]:
    found: list[str | None] = []
    for item in node.get("exclusions") or ():
        parts = body(item).get("items") or [{}]
        found.append(body(parts[0]).get("name") if tag(parts[0]) == "IndexElem" else None)
    return found


def _references(node: Node, table: Relation, at: Situation) -> tuple[str, tuple[str, ...]]:
    target = node.get("pktable") or {}
    name = at.relation_name(target)
    if not target.get("schemaname") and target.get("relname") == split(table.name)[1]:
        name = table.name if at.relation(name) is None else name
    columns = tuple(names(node.get("pk_attrs")))
    known = table if name == table.name else at.relation(name)
    if not columns and known is not None and known.primary_key is not None:
        columns = known.primary_key.columns
    return name, columns


def _chosen(
    kind: ConstraintKind,
    columns: tuple[str, ...],
    column: str | None,
    table: Relation,
    at: Situation,
    taken: list[Constraint] | tuple[Constraint, ...],
) -> str:
    """The name that the server gives a constraint without one."""
    schema, bare = split(table.name)
    middle = columns_part(columns)
    if kind is ConstraintKind.CHECK:
        middle = column if column is not None else (columns[0] if len(columns) == 1 else "")
    elif kind is ConstraintKind.PRIMARY_KEY:
        middle = ""
    used = {constraint.name for constraint in (*table.constraints, *taken)}

    def is_taken(name: str) -> bool:
        qualified = f"{schema}.{name}"
        indexed = kind in INDEXED and (at.index(qualified) is not None or at.relation(qualified) is not None)
        return name in used or indexed

    return free_name(bare, middle, LABELS[kind], is_taken)


def index_of(constraint: Constraint, relation: str, node: Node | None = None) -> Index | None:
    """The index that the server builds for a constraint; None for kinds without one."""
    if constraint.kind not in INDEXED or constraint.index is None:
        return None
    fields = node or {}
    keys: tuple[str | None, ...] = constraint.columns
    method = "btree"
    if constraint.kind is ConstraintKind.EXCLUSION:
        keys = tuple(_excluded(fields)) or keys
        method = fields.get("access_method") or "gist"
    return Index(
        constraint.index,
        relation,
        keys,
        include=tuple(names(fields.get("including"))),
        unique=constraint.kind is not ConstraintKind.EXCLUSION,
        method=method,
        constraint=constraint.name,
        named=constraint.named,
        tablespace=fields.get("indexspace") or "pg_default",
    )


def implied_not_null(table: Relation, name: str) -> Constraint | None:
    """The NOT NULL of a column as the constraint that it is since 18, by the name that the server gave it.

    An heir's has the name of its parent's, which is not followed up here: any name of the form will do.
    """
    for column in table.columns:
        if column.not_null and table.not_null_constraint(column.name) is None:
            suffix = f"_{column.name}_{LABELS[ConstraintKind.NOT_NULL]}"
            if name.rstrip("0123456789").endswith(suffix) or name == object_name(
                split(table.name)[1], column.name, LABELS[ConstraintKind.NOT_NULL]
            ):
                return Constraint(name, ConstraintKind.NOT_NULL, (column.name,), named=False)
    return None
