"""What a statement does: `Change`s of the schema and data, `Impact`s on the running server.

A `Change` says what the schema becomes, in the same words for every engine, and folds into the
`Catalog`. An `Impact` is what a server can be observed doing: a lock, a scan, a rewrite, an
index build. `Unknown` is what was not understood; nothing is harmless by default.
"""

from __future__ import annotations

from typing import Any, Protocol

from msgspec import Struct

from migration_lint.schema import (
    Column,
    Constraint,
    Expression,
    Index,
    PartitionBound,
    Relation,
    Routine,
    Type,
    UserType,
)


class Effect(Struct, frozen=True, kw_only=True):
    """Base of all. `certain` is false where the catalog could not settle it and the worse case is told.

    `clause` is the position, from 0, of the comma-separated clause of the statement that it
    comes from (``ALTER TABLE t <0>, <1>``; the elements of ``CREATE TABLE t (<0>, <1>)``).
    """

    certain: bool = True
    clause: int | None = None


class Unknown(Effect, frozen=True, kw_only=True):
    """Something that was not understood, and why."""

    reason: str


# --- Impacts -----------------------------------------------------------------------------------


class LockMode(Protocol):
    """A lock mode of one engine. What it blocks comes from that engine's conflict table."""

    @property
    def name(self) -> str:
        """As the server spells it: ``AccessExclusiveLock``."""

    @property
    def rank(self) -> int:
        """Stronger modes are higher."""

    @property
    def blocks_reads(self) -> bool:
        """Whether a plain SELECT waits."""

    @property
    def blocks_writes(self) -> bool:
        """Whether INSERT, UPDATE and DELETE wait."""


class Impact(Effect, frozen=True, kw_only=True):
    """What the running server goes through, on one named relation."""

    relation: str


class Lock(Impact, frozen=True, kw_only=True):
    """A lock on the relation, kept until the transaction ends.

    On MySQL and MariaDB it is held while the work lasts: `algorithm` is how the server carries out an
    ALTER (``INSTANT``, ``NOCOPY``, ``INPLACE``, ``COPY``) and `lock` the weakest LOCK that it accepts for
    that (``NONE``, ``SHARED``, ``EXCLUSIVE``, ``DEFAULT``), None for what takes neither. `metadata_lock` is
    what the statement must get for a moment besides, behind every transaction that uses the relation.
    """

    mode: LockMode
    algorithm: str | None = None
    lock: str | None = None
    metadata_lock: str | None = None
    default_algorithm: str | None = None
    default_lock: str | None = None
    """What the server would have done of itself, where the statement asks for something heavier."""


class Scan(Impact, frozen=True, kw_only=True):
    """Every row of the relation is read."""


class Rewrite(Impact, frozen=True, kw_only=True):
    """The relation is written anew, row by row. `reason` is why, where the engine says so."""

    reason: str = ""


class IndexBuild(Impact, frozen=True, kw_only=True):
    """An index is built, or built anew, from the rows of the relation."""

    index: str


# --- Changes -----------------------------------------------------------------------------------


class Change(Effect, frozen=True, kw_only=True):
    """What the schema or the data becomes. `relation` is the schema-qualified name it is about."""

    relation: str


class CreateTable(Change, frozen=True, kw_only=True):
    """A new table (also ``AS SELECT``, ``PARTITION OF``, foreign tables); `table` is all of it."""

    table: Relation
    if_not_exists: bool = False
    as_select: bool = False
    indexes: tuple[Index, ...] = ()
    """Indexes of its PRIMARY KEY, UNIQUE and EXCLUDE constraints, and those LIKE copies."""


class DropTable(Change, frozen=True, kw_only=True):
    """The table and its rows are gone."""

    cascade: bool = False
    if_exists: bool = False


class RenameTable(Change, frozen=True, kw_only=True):
    """`to` is the new qualified name."""

    to: str


class SetSchema(Change, frozen=True, kw_only=True):
    """ALTER … SET SCHEMA; `to` is the new qualified name."""

    to: str


class AddColumn(Change, frozen=True, kw_only=True):
    """A new column of an existing table."""

    column: Column
    if_not_exists: bool = False
    first: bool = False
    after: str | None = None
    """Where MySQL's FIRST or AFTER puts it; the last, where neither is said."""


class DropColumn(Change, frozen=True, kw_only=True):
    """The column, and every index and constraint that uses it, is gone.

    `narrowed` are indexes that go on without it, as MySQL's of several columns do.
    `only`: from this table alone; those that inherit from it keep theirs.
    """

    column: str
    cascade: bool = False
    if_exists: bool = False
    narrowed: tuple[Index, ...] = ()
    only: bool = False


class RenameColumn(Change, frozen=True, kw_only=True):
    """`column` is called `to` from now on."""

    column: str
    to: str


class ChangeColumnType(Change, frozen=True, kw_only=True):
    """`old` is None where the catalog does not know it.

    `using` is the text of the USING expression. `collation` is set where the statement says it.
    """

    column: str
    old: Type | None
    new: Type | None
    using: Expression | None = None
    collation: str | None = None


class RedefineColumn(Change, frozen=True, kw_only=True):
    """MODIFY or CHANGE COLUMN: the whole definition is `new`, what it leaves out is gone.

    `old` is None where the catalog does not know the column; `new` has its name after the statement.
    `moved`: FIRST or AFTER puts it elsewhere.
    """

    column: str
    old: Column | None
    new: Column
    first: bool = False
    after: str | None = None
    moved: bool = False


class SetNotNull(Change, frozen=True, kw_only=True):
    """The column takes no NULL any more. `proven` where no scan was needed to know it."""

    column: str
    proven: bool = False


class DropNotNull(Change, frozen=True, kw_only=True):
    """The column takes NULL from now on; so do those of `heirs`, tables below that have it from this one."""

    column: str
    heirs: tuple[str, ...] = ()


class SetDefault(Change, frozen=True, kw_only=True):
    """New rows get `default`; existing rows keep what they have."""

    column: str
    default: Expression


class DropDefault(Change, frozen=True, kw_only=True):
    """New rows that omit the column get NULL."""

    column: str


class SetGenerated(Change, frozen=True, kw_only=True):
    """The column's generation expression changes (``SET EXPRESSION``) or goes (`expression` None)."""

    column: str
    expression: Expression | None


class SetIdentity(Change, frozen=True, kw_only=True):
    """Identity is added, changed or dropped; `identity` is ``always``, ``by default`` or None."""

    column: str
    identity: str | None
    restart: bool = False


class AddConstraint(Change, frozen=True, kw_only=True):
    """A constraint on an existing table, inline ones of ADD COLUMN too (`inline`).

    `constraint.validated` is false for NOT VALID. `using_index` is the index that it adopts.
    """

    constraint: Constraint
    using_index: str | None = None
    inline: bool = False
    index: Index | None = None
    """The index that the constraint builds or adopts."""
    partitions: tuple[Index, ...] = ()
    """Those that it builds or adopts on the partitions, all levels down."""


class ValidateConstraint(Change, frozen=True, kw_only=True):
    """Existing rows are checked. `kind` None where the catalog does not know the constraint."""

    constraint: str
    was_valid: bool = False
    definition: Constraint | None = None


class AlterConstraint(Change, frozen=True, kw_only=True):
    """DEFERRABLE, ENFORCED or INHERIT of a constraint changes; None: unchanged."""

    constraint: str
    deferrable: bool | None = None
    enforced: bool | None = None
    definition: Constraint | None = None


class DropConstraint(Change, frozen=True, kw_only=True):
    """`definition` is None where the catalog does not know the constraint.

    `only`: from this table alone; those that inherit from it keep theirs.
    """

    constraint: str
    cascade: bool = False
    if_exists: bool = False
    only: bool = False
    definition: Constraint | None = None


class RenameConstraint(Change, frozen=True, kw_only=True):
    """`constraint` is called `to` from now on."""

    constraint: str
    to: str


class CreateIndex(Change, frozen=True, kw_only=True):
    """An index on `relation`. `only`: on the partitioned parent alone, invalid until all are attached.

    `partitions` are the indexes that it builds or adopts on the partitions, all levels down.
    """

    index: Index
    concurrently: bool = False
    if_not_exists: bool = False
    only: bool = False
    partitions: tuple[Index, ...] = ()

    @property
    def name(self) -> str:
        """The index's qualified name."""
        return self.index.name


class DropIndex(Change, frozen=True, kw_only=True):
    """`relation` is the table (empty where unknown), `index` the index."""

    index: str
    concurrently: bool = False
    if_exists: bool = False
    cascade: bool = False
    definition: Index | None = None


class RenameIndex(Change, frozen=True, kw_only=True):
    """`index` is called `to` from now on."""

    index: str
    to: str


class AttachIndex(Change, frozen=True, kw_only=True):
    """ALTER INDEX parent ATTACH PARTITION index."""

    parent: str
    index: str


class Reindex(Change, frozen=True, kw_only=True):
    """`scope` is ``index``, ``table``, ``schema``, ``database`` or ``system``; `name` what was named."""

    scope: str
    name: str
    concurrently: bool = False


class AttachPartition(Change, frozen=True, kw_only=True):
    """`partition` joins `relation`. `proven` where a constraint spares the scan of the partition."""

    partition: str
    bound: PartitionBound
    proven: bool = False
    indexes: tuple[Index, ...] = ()
    """Indexes of the parent that the partition lacked: they are built on it, or below it."""


class DetachPartition(Change, frozen=True, kw_only=True):
    """`partition` leaves `relation`. `finalize` completes an interrupted concurrent detach."""

    partition: str
    concurrently: bool = False
    finalize: bool = False


class DropPartitions(Change, frozen=True, kw_only=True):
    """Partitions and their rows are gone; with `truncate`, the rows alone. Empty `partitions`: all."""

    partitions: tuple[str, ...]
    truncate: bool = False


class SetInheritance(Change, frozen=True, kw_only=True):
    """INHERIT (`inherit`) or NO INHERIT of `parent`."""

    parent: str
    inherit: bool


class SetPersistence(Change, frozen=True, kw_only=True):
    """SET LOGGED or SET UNLOGGED."""

    logged: bool


class SetTablespace(Change, frozen=True, kw_only=True):
    """The files move to another tablespace."""

    tablespace: str


class SetAccessMethod(Change, frozen=True, kw_only=True):
    """The table's storage engine changes."""

    method: str


class SetOptions(Change, frozen=True, kw_only=True):
    """Storage parameters of a table, index or view: SET (…) or RESET (…); a reset one has None."""

    options: tuple[tuple[str, str | None], ...]


class SetRowSecurity(Change, frozen=True, kw_only=True):
    """ENABLE, DISABLE, FORCE or NO FORCE ROW LEVEL SECURITY; None: unchanged."""

    enabled: bool | None = None
    forced: bool | None = None


class SetTriggers(Change, frozen=True, kw_only=True):
    """ENABLE or DISABLE TRIGGER; `trigger` is a name, ``ALL`` or ``USER``."""

    trigger: str
    enabled: bool


class SetReplicaIdentity(Change, frozen=True, kw_only=True):
    """`identity` is ``default``, ``full``, ``nothing`` or the index's name."""

    identity: str


class AlterTable(Change, frozen=True, kw_only=True):
    """Any other catalog-only change of a relation, named by `action` (``SET STATISTICS``, ``OWNER TO``)."""

    action: str


class Truncate(Change, frozen=True, kw_only=True):
    """Every row is gone. `cascaded`: the table was not named, a foreign key brought it in."""

    cascade: bool = False
    cascaded: bool = False


class UpdateRows(Change, frozen=True, kw_only=True):
    """`columns` are the assigned ones. `where` is None without a WHERE, or when it is always true.

    `narrow` is true where an index (or LIMIT) keeps the statement to few rows; `rows` is the number
    of rows a literal range of the key allows at most, where it does.
    """

    columns: tuple[str, ...]
    where: Expression | None = None
    narrow: bool = False
    repeated: tuple[str, ...] = ()
    """Columns assigned more than once: the server refuses that."""


class DeleteRows(Change, frozen=True, kw_only=True):
    """As `UpdateRows`."""

    where: Expression | None = None
    narrow: bool = False


class InsertRows(Change, frozen=True, kw_only=True):
    """INSERT, MERGE's inserts and COPY FROM. `select` where the rows come from a query."""

    columns: tuple[str, ...] = ()
    select: bool = False
    source: str = "insert"
    """``insert``, ``merge`` or ``copy``."""
    rows: int | None = None


class CreateView(Change, frozen=True, kw_only=True):
    """A view or materialized view (`view.kind`). `replace` for OR REPLACE."""

    view: Relation
    replace: bool = False
    if_not_exists: bool = False
    with_data: bool = True


class DropView(Change, frozen=True, kw_only=True):
    """A view or materialized view is gone."""

    materialized: bool = False
    cascade: bool = False
    if_exists: bool = False


class RefreshMaterializedView(Change, frozen=True, kw_only=True):
    """The stored rows are computed anew."""

    concurrently: bool = False
    with_data: bool = True


class CreateSequence(Change, frozen=True, kw_only=True):
    """`sequence` is all of it."""

    sequence: Relation
    if_not_exists: bool = False


class AlterSequence(Change, frozen=True, kw_only=True):
    """Options, restart or ownership of a sequence; `disowned` for OWNED BY NONE."""

    restart: bool = False
    owned_by: tuple[str, str] | None = None
    disowned: bool = False


class DropSequence(Change, frozen=True, kw_only=True):
    """The sequence is gone."""

    cascade: bool = False
    if_exists: bool = False


class CreateTrigger(Change, frozen=True, kw_only=True):
    """`function` is what it calls; `timing` and `events` are those of `Trigger`."""

    trigger: str
    function: str
    timing: str
    row: bool
    events: tuple[str, ...] = ()
    replace: bool = False
    columns: frozenset[str] = frozenset()


class DropTrigger(Change, frozen=True, kw_only=True):
    """The trigger is gone."""

    trigger: str
    if_exists: bool = False


class RenameTrigger(Change, frozen=True, kw_only=True):
    """`trigger` is called `to` from now on."""

    trigger: str
    to: str


class CreatePolicy(Change, frozen=True, kw_only=True):
    """A row-security policy. `reads` are the other relations that its expressions read.

    `columns` are the (relation, column) pairs that they read; None where that is not known.
    """

    policy: str
    reads: tuple[str, ...] = ()
    columns: frozenset[tuple[str, str]] | None = None


class AlterPolicy(Change, frozen=True, kw_only=True):
    """A policy changes, or is renamed to `to`; `reads` is None where its expressions stay."""

    policy: str
    to: str | None = None
    reads: tuple[str, ...] | None = None
    columns: frozenset[tuple[str, str]] | None = None


class DropPolicy(Change, frozen=True, kw_only=True):
    """A policy is gone."""

    policy: str


class CreateRule(Change, frozen=True, kw_only=True):
    """A rewrite rule. `reads` are the other relations that its actions read or change.

    `event`, `instead`, `conditional` and `tree` are those of `RewriteRule`.
    """

    rule: str
    reads: tuple[str, ...] = ()
    event: str = ""
    instead: bool = False
    conditional: bool = False
    tree: Any = None


class DropRule(Change, frozen=True, kw_only=True):
    """A rewrite rule is gone."""

    rule: str


class CreateStatistics(Change, frozen=True, kw_only=True):
    """Extended statistics."""

    name: str


class Comment(Change, frozen=True, kw_only=True):
    """COMMENT ON or SECURITY LABEL, on `relation` or what belongs to it."""


class LockTable(Change, frozen=True, kw_only=True):
    """An explicit LOCK TABLE."""

    mode: LockMode
    nowait: bool = False


class Vacuum(Change, frozen=True, kw_only=True):
    """VACUUM; `full` rewrites."""

    full: bool = False


class Analyze(Change, frozen=True, kw_only=True):
    """ANALYZE; `relation` is empty for the whole database."""


class Cluster(Change, frozen=True, kw_only=True):
    """CLUSTER; `relation` is empty for every table that was clustered before."""

    index: str | None = None


class ReadRows(Change, frozen=True, kw_only=True):
    """A SELECT (or COPY TO) that reads the relation."""


# Changes that are not about one relation: `relation` is the type's, schema's, … own name.


class CreateType(Change, frozen=True, kw_only=True):
    """An enum, domain, range, base or composite type; `composite` holds the attributes of the last."""

    type: UserType
    composite: Relation | None = None


class DropType(Change, frozen=True, kw_only=True):
    """`kind` is ``type`` or ``domain``."""

    kind: str
    cascade: bool = False
    if_exists: bool = False


class RenameType(Change, frozen=True, kw_only=True):
    """`to` is the new qualified name."""

    to: str


class AddEnumValue(Change, frozen=True, kw_only=True):
    """`relation` is the enum type. `position` is ``before`` or ``after`` a `neighbour`, or None."""

    value: str
    neighbour: str | None = None
    position: str | None = None
    if_not_exists: bool = False


class RenameEnumValue(Change, frozen=True, kw_only=True):
    """`value` is called `to` from now on."""

    value: str
    to: str


class UseEnumValue(Change, frozen=True, kw_only=True):
    """A new enum value is used in the transaction that adds it; the server refuses that."""

    value: str


class AlterDomain(Change, frozen=True, kw_only=True):
    """`action` is ``set default``, ``drop default``, ``set not null``, ``drop not null``,

    ``add constraint``, ``drop constraint``, ``validate constraint`` or ``rename constraint``.
    `users` are the tables whose columns have this domain; `default` is what ``set default`` sets.
    """

    action: str
    constraint: Constraint | None = None
    default: Expression | None = None
    users: tuple[str, ...] = ()


class CreateRoutine(Change, frozen=True, kw_only=True):
    """A function or procedure. `settings` are the names of its SET clauses."""

    routine: Routine
    replace: bool = False
    security_definer: bool = False
    settings: tuple[str, ...] = ()
    body: str = ""


class DropRoutine(Change, frozen=True, kw_only=True):
    """A function, procedure or aggregate is gone."""

    cascade: bool = False
    if_exists: bool = False


class AlterRoutine(Change, frozen=True, kw_only=True):
    """Any change of a function that is not its body: volatility, owner, name (`to`).

    `routine` is the function afterwards, where it is known.
    """

    to: str | None = None
    routine: Routine | None = None


class CreateSchema(Change, frozen=True, kw_only=True):
    """A schema."""

    if_not_exists: bool = False


class DropSchema(Change, frozen=True, kw_only=True):
    """A schema, and with CASCADE everything in it."""

    cascade: bool = False
    if_exists: bool = False


class RenameSchema(Change, frozen=True, kw_only=True):
    """`to` is the new name."""

    to: str


class CreateDatabase(Change, frozen=True, kw_only=True):
    """A database."""


class DropDatabase(Change, frozen=True, kw_only=True):
    """A database and everything in it."""


class CreateExtension(Change, frozen=True, kw_only=True):
    """CREATE or ALTER EXTENSION (`update`)."""

    if_not_exists: bool = False
    update: bool = False


class CreateServer(Change, frozen=True, kw_only=True):
    """A foreign server; `wrapper` is its foreign data wrapper."""

    wrapper: str


class DropExtension(Change, frozen=True, kw_only=True):
    """An extension and its objects."""

    cascade: bool = False


class Grant(Change, frozen=True, kw_only=True):
    """GRANT or REVOKE (`revoke`). `to` holds the roles, ``public`` for everyone."""

    revoke: bool
    privileges: tuple[str, ...]
    to: tuple[str, ...]
    objects: str = "table"


class AlterRole(Change, frozen=True, kw_only=True):
    """CREATE, ALTER or DROP ROLE; `options` in the statement's words (``superuser``)."""

    action: str
    options: tuple[str, ...] = ()
    setting: str | None = None


class AlterSystem(Change, frozen=True, kw_only=True):
    """ALTER SYSTEM, ALTER DATABASE … SET: a server-wide setting."""

    setting: str
    scope: str = "system"


class AlterPublication(Change, frozen=True, kw_only=True):
    """CREATE, ALTER or DROP PUBLICATION or SUBSCRIPTION.

    `action` is ``create publication``, ``add to publication``, ``drop from publication``,
    ``set publication`` (its tables), ``alter publication``, ``drop publication``,
    ``create subscription``, ``alter subscription``, ``refresh subscription`` or ``drop subscription``.
    """

    action: str
    all_tables: bool = False
    tables: tuple[str, ...] = ()


class SetSetting(Change, frozen=True, kw_only=True):
    """SET, SET LOCAL (`local`), RESET (`value` None), set_config(); `effective` is false for a

    SET LOCAL outside a transaction, which the server answers with a warning and ignores.
    `relation` is the setting's name; ``all`` for RESET ALL.
    """

    value: str | None
    local: bool = False
    effective: bool = True


class BeginTransaction(Change, frozen=True, kw_only=True):
    """BEGIN. `nested`: a transaction was open already (the tool's, or an earlier BEGIN)."""

    nested: bool = False


class EndTransaction(Change, frozen=True, kw_only=True):
    """COMMIT, ROLLBACK, PREPARE TRANSACTION. `orphan`: none was open. `wrapped`: it ends the tool's own."""

    commit: bool
    orphan: bool = False
    wrapped: bool = False


class Savepoint(Change, frozen=True, kw_only=True):
    """SAVEPOINT, RELEASE, ROLLBACK TO."""

    action: str


class RunCode(Change, frozen=True, kw_only=True):
    """A DO block, CALL, EXECUTE of a prepared statement, a trigger's function: SQL that only the server sees.

    `loops` and `commits` are read off a DO block's text, and so is that it `alters` the schema; `writes`
    names the row-changing verbs in it.
    """

    what: str
    alters: bool = False
    loops: bool = False
    commits: bool = False
    dynamic: bool = False
    writes: tuple[str, ...] = ()


class OtherChange(Change, frozen=True, kw_only=True):
    """A statement that is understood and has no effect on relations, named by `what`.

    Casts, operators, text search, foreign servers, LISTEN, EXPLAIN, SHOW, CHECKPOINT and the like.
    """

    what: str
