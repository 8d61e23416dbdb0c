"""What a database is made of: tables, columns, constraints, indexes, types.

Plain values in the words of the SQL standard and PostgreSQL's catalogs. They say what was
declared; what a change does to a running server is in `migration_lint.effects`.

Every name of a relation or type is schema-qualified and case-folded, as the server stores it:
``public.orders``. A part that would need quotes keeps its letters: ``public.Order Items``.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Any

from msgspec import Struct


class Origin(Struct, frozen=True):
    """Where an object came from: the migration that made it, and the transaction within the run."""

    migration: str
    transaction: int


class Type(Struct, frozen=True):
    """The type of a column, as declared.

    `name` is the server's own name without modifiers (``character varying``, ``public.mood``),
    `modifiers` are as written (``varchar(50)`` has ``(50,)``), `dimensions` counts array brackets.
    `values` are those of MySQL's ENUM and SET, `suffix` is ``unsigned``, ``unsigned zerofill`` or empty.
    """

    name: str
    modifiers: tuple[int, ...] = ()
    dimensions: int = 0
    values: tuple[str, ...] = ()
    suffix: str = ""

    def __str__(self) -> str:
        text = self.name
        if self.modifiers:
            text += f"({','.join(map(str, self.modifiers))})"
        elif self.values:
            quoted = (value.replace("'", "''") for value in self.values)
            text += "(" + ",".join(f"'{value}'" for value in quoted) + ")"
        return text + "[]" * self.dimensions + (f" {self.suffix}" if self.suffix else "")


class Expression(Struct, frozen=True):
    """An SQL expression: its text, the columns it reads, and the engine's own parse of it.

    `tree` belongs to the engine that made it; nothing else looks inside.
    """

    text: str
    columns: frozenset[str] = frozenset()
    tree: Any = None
    renamed: tuple[tuple[str, str], ...] = ()
    """(name in the tree, name now) of columns renamed since."""
    volatile: bool | None = False
    """Whether it calls a volatile function; None where it calls one that is not known."""
    mentions: frozenset[str] = frozenset()
    """Names, without schemas, of the functions, types and sequences that it may need."""

    def name_in_tree(self, column: str) -> str:
        """What the tree calls a column."""
        return next((old for old, new in self.renamed if new == column), column)

    def with_renamed(self, old: str, new: str) -> Expression:
        """The expression after a column that it reads was renamed."""
        if old not in self.columns:
            return self
        others = tuple(pair for pair in self.renamed if pair[1] != old)
        return Expression(
            re.sub(rf"(?<![\w\"]){re.escape(old)}(?![\w\"])", lambda _: new, self.text),
            self.columns - {old} | {new},
            self.tree,
            (*others, (self.name_in_tree(old), new)),
            self.volatile,
            self.mentions,
        )


class Generated(Enum):
    """How a generated column is kept."""

    STORED = "stored"
    VIRTUAL = "virtual"


class Column(Struct, frozen=True):
    """A column of a table or view. `identity` is ``always`` or ``by default`` where it is one."""

    name: str
    type: Type | None
    not_null: bool = False
    default: Expression | None = None
    generated: Generated | None = None
    identity: str | None = None
    collation: str | None = None
    serial: bool = False
    origin: Origin | None = None
    """Set where a later migration than the table's own added it."""
    charset: str | None = None
    auto_increment: bool = False
    invisible: bool = False
    comment: str | None = None
    on_update: str | None = None
    """MySQL's ON UPDATE CURRENT_TIMESTAMP, as written."""
    local: bool = True
    """False where the table has it from its parents alone: it goes when theirs goes."""
    not_null_local: bool = True
    """False where NOT NULL comes from the parents alone."""


class ConstraintKind(Enum):
    """The kinds of `pg_constraint.contype`."""

    PRIMARY_KEY = "primary key"
    UNIQUE = "unique"
    CHECK = "check"
    FOREIGN_KEY = "foreign key"
    EXCLUSION = "exclusion"
    NOT_NULL = "not null"


class Constraint(Struct, frozen=True):
    """A constraint of a table or domain.

    `validated` is false for ``NOT VALID``; `enforced` is false for ``NOT ENFORCED``.
    A foreign key has `references` (a relation) and `referenced_columns` (empty where the
    statement left them to the primary key and the catalog does not know it).
    """

    name: str
    kind: ConstraintKind
    columns: tuple[str, ...] = ()
    validated: bool = True
    enforced: bool = True
    expression: Expression | None = None
    references: str | None = None
    referenced_columns: tuple[str, ...] = ()
    on_delete: str = "no action"
    on_update: str = "no action"
    index: str | None = None
    deferrable: bool = False
    deferred: bool = False
    """INITIALLY DEFERRED: checked when the transaction commits."""
    no_inherit: bool = False
    """For the table alone, not for what inherits from it."""
    inherited: bool = False
    """A table above has it too."""
    local: bool = True
    """False where the table has it from those above alone: it goes when theirs goes."""
    named: bool = True
    """False where the statement gave no name and the server chose it."""


class Index(Struct, frozen=True):
    """An index. `columns` has None where the key is an expression; `expressions` are those keys.

    `attributes` are the names of its own columns, payload included, where they are known: copies
    of the index on partitions are named after them.
    """

    name: str
    relation: str
    columns: tuple[str | None, ...] = ()
    include: tuple[str, ...] = ()
    expressions: tuple[Expression, ...] = ()
    predicate: Expression | None = None
    unique: bool = False
    valid: bool = True
    method: str = "btree"
    operator_classes: tuple[str | None, ...] = ()
    collations: tuple[str | None, ...] = ()
    sorting: tuple[str, ...] = ()
    """Of each key: ``desc``, ``nulls first``, …; empty for the default order."""
    constraint: str | None = None
    parent: str | None = None
    """The index of the partitioned table that this one belongs to."""
    origin: Origin | None = None
    options: tuple[tuple[str, str], ...] = ()
    named: bool = True
    attributes: tuple[str, ...] = ()
    tablespace: str = "pg_default"


class RelationKind(Enum):
    """The kinds of `pg_class.relkind` that migrations meet (indexes are `Index`)."""

    TABLE = "table"
    PARTITIONED_TABLE = "partitioned table"
    FOREIGN_TABLE = "foreign table"
    VIEW = "view"
    MATERIALIZED_VIEW = "materialized view"
    SEQUENCE = "sequence"
    COMPOSITE_TYPE = "composite type"


class Persistence(Enum):
    """`pg_class.relpersistence`."""

    PERMANENT = "permanent"
    UNLOGGED = "unlogged"
    TEMPORARY = "temporary"


class PartitionKey(Struct, frozen=True):
    """How a partitioned table is divided: strategy ``range``, ``list`` or ``hash``, and its columns.

    A key that is an expression stands as None.
    """

    strategy: str
    columns: tuple[str | None, ...]
    expressions: tuple[Expression, ...] = ()


class PartitionBound(Struct, frozen=True):
    """The values of one partition; `tree` belongs to the engine. `default` is the rest of the rest.

    `low` and `high` are the ends of a range, one SQL expression per key column, `values` those of a
    list: literals, ``MINVALUE``, ``MAXVALUE``, ``NULL``. Empty where one is not a literal.
    """

    default: bool = False
    tree: object = None
    low: tuple[str, ...] = ()
    high: tuple[str, ...] = ()
    values: tuple[str, ...] = ()


class Trigger(Struct, frozen=True):
    """A trigger of a table or view. `function` is what it calls, by qualified name.

    `timing` is ``before``, ``after`` or ``instead of``; `events` are ``insert``, ``update``,
    ``delete`` and ``truncate``; `columns` are those of its table that UPDATE OF and WHEN name.
    """

    name: str
    function: str
    timing: str
    row: bool
    events: tuple[str, ...] = ()
    columns: frozenset[str] = frozenset()


class Policy(Struct, frozen=True):
    """A row-security policy, and the relations that its expressions read.

    `columns` are (relation, column) pairs that they read, its own table's too; None where not known.
    """

    name: str
    reads: tuple[str, ...] = ()
    columns: frozenset[tuple[str, str]] | None = frozenset()


class RewriteRule(Struct, frozen=True):
    """A rewrite rule, and the relations that its actions read or change.

    `event` is ``insert``, ``update``, ``delete`` or ``select``; `instead` of the statement, or also;
    `conditional` where a WHERE chooses the rows. `tree` holds the actions as their engine parsed them.
    """

    name: str
    reads: tuple[str, ...] = ()
    event: str = ""
    instead: bool = False
    conditional: bool = False
    tree: Any = None


class Relation(Struct, frozen=True):
    """A table, view, materialized view, sequence or composite type."""

    name: str
    kind: RelationKind = RelationKind.TABLE
    columns: tuple[Column, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    persistence: Persistence = Persistence.PERMANENT
    parents: tuple[str, ...] = ()
    """Tables it inherits from, or the one partitioned table it is a partition of."""
    partition_key: PartitionKey | None = None
    bound: PartitionBound | None = None
    """Set for a partition."""
    reads: tuple[str, ...] = ()
    """Relations that a view or materialized view reads."""
    reads_columns: frozenset[tuple[str, str]] | None = None
    """(relation, column) pairs that a view reads; None where that is not known."""
    updatable: bool = False
    """A simple view, through which the first relation of `reads` can be changed."""
    condition: Expression | None = None
    """The WHERE of a simple view."""
    owned_by: tuple[str, str] | None = None
    """A sequence's table and column."""
    of_type: str | None = None
    server: str | None = None
    """A foreign table's server."""
    populated: bool = True
    triggers: tuple[Trigger, ...] = ()
    policies: tuple[Policy, ...] = ()
    rules: tuple[RewriteRule, ...] = ()
    statistics: tuple[str, ...] = ()
    """Extended statistics, by name."""
    row_security: bool = False
    replica_identity: str = "default"
    clustered_on: str | None = None
    options: tuple[tuple[str, str], ...] = ()
    tablespace: str = "pg_default"
    origin: Origin | None = None
    """None for what a snapshot or schema dump brought: it was there before every migration."""
    filled: bool = True
    """False while no statement has put rows into it since it was created."""
    complete: bool = True
    """False where the catalog never saw it created and knows only what later statements said."""
    rows: int | None = None
    bytes: int | None = None

    def column(self, name: str) -> Column | None:
        """The column of that name, if known."""
        for column in self.columns:
            if column.name == name:
                return column
        return None

    def constraint(self, name: str) -> Constraint | None:
        """The constraint of that name, if known."""
        for constraint in self.constraints:
            if constraint.name == name:
                return constraint
        return None

    def not_null_constraint(self, column: str) -> Constraint | None:
        """The named NOT NULL constraint of a column, if known."""
        for constraint in self.constraints:
            if constraint.kind is ConstraintKind.NOT_NULL and constraint.columns == (column,):
                return constraint
        return None

    def trigger(self, name: str) -> Trigger | None:
        """The trigger of that name, if known."""
        for trigger in self.triggers:
            if trigger.name == name:
                return trigger
        return None

    @property
    def primary_key(self) -> Constraint | None:
        """The primary key, if known."""
        for constraint in self.constraints:
            if constraint.kind is ConstraintKind.PRIMARY_KEY:
                return constraint
        return None

    @property
    def partition_of(self) -> str | None:
        """The partitioned table it is a partition of."""
        return self.parents[0] if self.bound is not None and self.parents else None


class TypeKind(Enum):
    """The kinds of `pg_type.typtype` that statements create."""

    ENUM = "enum"
    DOMAIN = "domain"
    RANGE = "range"
    BASE = "base"
    COMPOSITE = "composite"


class UserType(Struct, frozen=True):
    """A type that a migration made. `base`, `not_null` and `constraints` are a domain's."""

    name: str
    kind: TypeKind
    labels: tuple[str, ...] = ()
    base: Type | None = None
    not_null: bool = False
    default: Expression | None = None
    constraints: tuple[Constraint, ...] = ()
    origin: Origin | None = None


class Routine(Struct, frozen=True):
    """A function or procedure. `volatility` is ``immutable``, ``stable`` or ``volatile``.

    `constant` is true where the server's planner inlines the body to a constant (a one-line SQL
    function), so that calling it does not make an expression volatile. `runs_statements` is false
    where the body has no SQL statement in it, only expressions.
    """

    name: str
    arguments: int
    volatility: str = "volatile"
    language: str = ""
    constant: bool = False
    runs_statements: bool = True
    origin: Origin | None = None
