"""What the grammar makes of a statement: plain declarations, in the words of the manuals.

https://dev.mysql.com/doc/refman/8.4/en/sql-data-definition-statements.html,
https://mariadb.com/kb/en/data-definition/
"""

from __future__ import annotations

from msgspec import Struct

# --- names and expressions ---------------------------------------------------------------------


class TableName(Struct, frozen=True):
    """A table as named; `database` is None where it is not said."""

    name: str
    database: str | None = None


class Term(Struct, frozen=True):
    """An expression: its text, the names that stand in it, the functions that it calls.

    `literal`: a constant without parentheses, or NULL, or CURRENT_TIMESTAMP. `parenthesised`: DEFAULT (…).
    """

    text: str
    names: frozenset[str] = frozenset()
    calls: frozenset[str] = frozenset()
    literal: bool = False
    parenthesised: bool = False


# --- columns and keys --------------------------------------------------------------------------


class DataType(Struct, frozen=True):
    """`name` is lower case and canonical (``int``, ``varchar``); `values` are those of ENUM and SET."""

    name: str
    arguments: tuple[int, ...] = ()
    values: tuple[str, ...] = ()
    unsigned: bool = False
    zerofill: bool = False
    charset: str | None = None
    collation: str | None = None


class Reference(Struct, frozen=True):
    """REFERENCES, of a column or of a foreign key."""

    table: TableName
    columns: tuple[str, ...] = ()
    on_delete: str = "no action"
    on_update: str = "no action"


class ColumnDef(Struct, frozen=True):
    """A column's whole definition. `nullable` is None where the statement does not say.

    `key` is ``primary``, ``unique`` or None. `checks` are inline CHECKs; `other` are attributes that
    change nothing here (COLUMN_FORMAT, STORAGE, ENGINE_ATTRIBUTE).
    """

    name: str
    type: DataType
    nullable: bool | None = None
    default: Term | None = None
    on_update: str | None = None
    auto_increment: bool = False
    key: str | None = None
    generated: Term | None = None
    stored: bool = False
    invisible: bool = False
    comment: str | None = None
    references: Reference | None = None
    checks: tuple[Check, ...] = ()
    compressed: bool = False
    versioned: bool | None = None
    row_start_end: bool = False
    srid: int | None = None
    other: tuple[str, ...] = ()


class KeyPart(Struct, frozen=True):
    """A column (with a prefix `length`), or an `expression`."""

    column: str | None
    length: int | None = None
    expression: Term | None = None
    descending: bool = False


class Key(Struct, frozen=True):
    """`kind` is ``index``, ``unique``, ``primary``, ``fulltext``, ``spatial`` or ``vector``."""

    kind: str
    parts: tuple[KeyPart, ...]
    name: str | None = None
    using: str | None = None
    visible: bool = True
    if_not_exists: bool = False
    parser: str | None = None
    without_overlaps: bool = False
    options: tuple[tuple[str, str], ...] = ()


class ForeignKey(Struct, frozen=True):
    """FOREIGN KEY, in CREATE or ALTER TABLE."""

    columns: tuple[str, ...]
    reference: Reference
    name: str | None = None
    if_not_exists: bool = False


class Check(Struct, frozen=True):
    """CHECK, of a column or of a table."""

    expression: Term
    name: str | None = None
    enforced: bool = True
    if_not_exists: bool = False


class Period(Struct, frozen=True):
    """MariaDB's PERIOD FOR: a name and the two columns."""

    name: str
    columns: tuple[str, ...]


Element = ColumnDef | Key | ForeignKey | Check | Period


# --- partitions --------------------------------------------------------------------------------


class Scheme(Struct, frozen=True):
    """PARTITION BY: `kind` is ``range``, ``list``, ``hash``, ``key`` or ``system_time``."""

    kind: str
    columns: tuple[str, ...]
    partitions: tuple[str, ...] = ()
    number: int | None = None
    maxvalue: bool = False


# --- clauses of ALTER TABLE --------------------------------------------------------------------


class AddColumns(Struct, frozen=True):
    """ADD COLUMN, one or (…); `after` is the column before it, None where nothing or FIRST is said."""

    elements: tuple[Element, ...]
    first: bool = False
    after: str | None = None
    if_not_exists: bool = False


class AddKey(Struct, frozen=True):
    """ADD INDEX, ADD PRIMARY KEY, ADD UNIQUE, …"""

    key: Key


class AddForeignKey(Struct, frozen=True):
    """ADD FOREIGN KEY."""

    foreign_key: ForeignKey


class AddCheck(Struct, frozen=True):
    """ADD CHECK."""

    check: Check


class ChangeColumn(Struct, frozen=True):
    """CHANGE COLUMN and MODIFY COLUMN (the name stays)."""

    old: str
    column: ColumnDef
    first: bool = False
    after: str | None = None
    if_exists: bool = False


class AlterColumn(Struct, frozen=True):
    """ALTER COLUMN: a `default`, `drop_default`, or `invisible`."""

    column: str
    default: Term | None = None
    drop_default: bool = False
    invisible: bool | None = None
    if_exists: bool = False


class Drop(Struct, frozen=True):
    """`kind` is ``column``, ``index``, ``primary key``, ``foreign key``, ``check``, ``constraint`` or

    ``period``."""

    kind: str
    name: str = ""
    if_exists: bool = False


class Rename(Struct, frozen=True):
    """`kind` is ``column`` or ``index``."""

    kind: str
    old: str
    new: str
    if_exists: bool = False


class RenameTo(Struct, frozen=True):
    """RENAME TO."""

    table: TableName


class AlterIndex(Struct, frozen=True):
    """ALTER INDEX VISIBLE, INVISIBLE, IGNORED, NOT IGNORED."""

    name: str
    visible: bool
    if_exists: bool = False


class AlterCheck(Struct, frozen=True):
    """ALTER CHECK ENFORCED or NOT ENFORCED."""

    name: str
    enforced: bool


class Convert(Struct, frozen=True):
    """CONVERT TO CHARACTER SET; `charset` None for DEFAULT."""

    charset: str | None
    collation: str | None = None


class Options(Struct, frozen=True):
    """Table options (ENGINE, COMMENT, ROW_FORMAT, …) that stand together, names in upper case."""

    values: tuple[tuple[str, str], ...]


class Flag(Struct, frozen=True):
    """A clause of words alone: ``FORCE``, ``DISABLE KEYS``, ``ENABLE KEYS``, ``DISCARD TABLESPACE``,

    ``IMPORT TABLESPACE``, ``ORDER BY``, ``WITH VALIDATION``, ``WITHOUT VALIDATION``,
    ``ADD SYSTEM VERSIONING``, ``DROP SYSTEM VERSIONING``, ``REMOVE PARTITIONING``, ``ADD PERIOD``,
    ``SECONDARY_LOAD``, ``SECONDARY_UNLOAD``, or nothing (``""``).
    """

    words: str


class Algorithm(Struct, frozen=True):
    """ALGORITHM=; upper case."""

    name: str


class LockLevel(Struct, frozen=True):
    """LOCK=; upper case."""

    name: str


class PartitionBy(Struct, frozen=True):
    """PARTITION BY."""

    scheme: Scheme


class AddPartition(Struct, frozen=True):
    """ADD PARTITION: definitions, or how many."""

    names: tuple[str, ...] = ()
    number: int | None = None
    if_not_exists: bool = False


class PartitionWork(Struct, frozen=True):
    """`action` is ``drop``, ``truncate``, ``coalesce``, ``rebuild``, ``optimize``, ``analyze``, ``check``,

    ``repair``, ``discard``, ``import``, ``reorganize``, ``convert to table`` or ``convert table``."""

    action: str
    names: tuple[str, ...] = ()
    all: bool = False
    if_exists: bool = False
    table: TableName | None = None


class ExchangePartition(Struct, frozen=True):
    """EXCHANGE PARTITION … WITH TABLE."""

    partition: str
    table: TableName
    validation: bool = True


class UnknownClause(Struct, frozen=True):
    """What was not understood: its text."""

    text: str


Action = (
    AddColumns
    | AddKey
    | AddForeignKey
    | AddCheck
    | ChangeColumn
    | AlterColumn
    | Drop
    | Rename
    | RenameTo
    | AlterIndex
    | AlterCheck
    | Convert
    | Options
    | Flag
    | Algorithm
    | LockLevel
    | PartitionBy
    | AddPartition
    | PartitionWork
    | ExchangePartition
    | UnknownClause
)


class Clause(Struct, frozen=True):
    """One comma-separated clause and where it stands in the statement (end exclusive)."""

    start: int
    end: int
    action: Action


# --- statements --------------------------------------------------------------------------------


class AlterTable(Struct, frozen=True):
    """`wait` is the seconds of MariaDB's WAIT, 0 for NOWAIT."""

    table: TableName
    clauses: tuple[Clause, ...]
    if_exists: bool = False
    online: bool = False
    ignore: bool = False
    wait: int | None = None


class CreateTable(Struct, frozen=True):
    """`elements` with the places in the statement; `like` and `select` where it copies."""

    table: TableName
    elements: tuple[tuple[Element | UnknownClause, int, int], ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    scheme: Scheme | None = None
    temporary: bool = False
    if_not_exists: bool = False
    or_replace: bool = False
    like: TableName | None = None
    select: Rows | None = None
    versioned: bool = False


class DropObjects(Struct, frozen=True):
    """DROP; `kind` is ``table``, ``view``, ``sequence``, ``trigger``, ``procedure``, ``function``, ``event``,

    ``database``, ``package`` or another word. `wait` as in `AlterTable`."""

    kind: str
    names: tuple[TableName, ...]
    if_exists: bool = False
    temporary: bool = False
    wait: int | None = None


class RenameTables(Struct, frozen=True):
    """RENAME TABLE a TO b, …"""

    pairs: tuple[tuple[TableName, TableName], ...]
    if_exists: bool = False
    wait: int | None = None


class TruncateTable(Struct, frozen=True):
    """TRUNCATE."""

    table: TableName
    wait: int | None = None


class CreateIndex(Struct, frozen=True):
    """CREATE INDEX; `clauses` are its ALGORITHM and LOCK."""

    table: TableName
    key: Key
    clauses: tuple[Clause, ...] = ()
    or_replace: bool = False
    wait: int | None = None


class DropIndex(Struct, frozen=True):
    """DROP INDEX … ON; `clauses` are its ALGORITHM and LOCK."""

    table: TableName
    name: str
    clauses: tuple[Clause, ...] = ()
    if_exists: bool = False
    wait: int | None = None


class Rows(Struct, frozen=True):
    """`verb` is ``insert``, ``replace``, ``update``, ``delete``, ``select`` or ``load``.

    `tables` are changed, `reads` read. `where` is None without one. `limited`: it has a LIMIT.
    """

    verb: str
    tables: tuple[TableName, ...] = ()
    reads: tuple[TableName, ...] = ()
    columns: tuple[str, ...] = ()
    where: Term | None = None
    limited: bool = False
    select: bool = False
    upsert: bool = False
    ignore: bool = False
    rows: int | None = None
    locking: bool = False


class SetVariables(Struct, frozen=True):
    """SET: (scope, name, value) of each; scope is ``session``, ``global``, ``persist`` or ``user``.

    The value is unquoted where it is one string; None for DEFAULT.
    """

    assignments: tuple[tuple[str, str, str | None], ...]


class Use(Struct, frozen=True):
    """USE."""

    database: str


class LockTables(Struct, frozen=True):
    """LOCK TABLES; the mode is ``read`` or ``write``."""

    tables: tuple[tuple[TableName, str], ...]


class Maintain(Struct, frozen=True):
    """`verb` is ``optimize``, ``analyze``, ``check``, ``repair``, ``checksum`` or ``flush``."""

    verb: str
    tables: tuple[TableName, ...] = ()
    read_lock: bool = False


class CreateView(Struct, frozen=True):
    """CREATE or ALTER VIEW."""

    view: TableName
    reads: tuple[TableName, ...] = ()
    columns: tuple[str, ...] = ()
    replace: bool = False
    if_not_exists: bool = False


class CreateTrigger(Struct, frozen=True):
    """CREATE TRIGGER; `timing` is ``before`` or ``after``."""

    name: TableName
    table: TableName
    timing: str
    event: str
    body: str = ""
    replace: bool = False


class CreateCode(Struct, frozen=True):
    """CREATE PROCEDURE, FUNCTION, EVENT, PACKAGE (`kind`), and `body`: text from the name on."""

    kind: str
    name: TableName
    body: str = ""
    arguments: int = 0
    replace: bool = False


class RunSql(Struct, frozen=True):
    """`what` is ``call``, ``prepare``, ``execute`` or ``deallocate``; `text` what is prepared, if literal."""

    what: str
    text: str | None = None


class Transact(Struct, frozen=True):
    """`action` is ``begin``, ``commit``, ``rollback``, or ``savepoint x`` and the like."""

    action: str


class Databases(Struct, frozen=True):
    """`action` is ``create``, ``drop`` or ``alter``."""

    action: str
    name: str
    options: tuple[tuple[str, str], ...] = ()
    if_exists: bool = False
    if_not_exists: bool = False


class Account(Struct, frozen=True):
    """GRANT, REVOKE, CREATE USER and the like: `action` in lower case."""

    action: str
    privileges: tuple[str, ...] = ()
    objects: str = ""


class CreateSequence(Struct, frozen=True):
    """MariaDB's sequences."""

    name: TableName
    if_not_exists: bool = False


class Other(Struct, frozen=True):
    """A statement that is understood and has no effect on tables: its leading words."""

    what: str
    commits: bool = False


class UnknownStatement(Struct, frozen=True):
    """What was not understood, and why."""

    reason: str


Statement = (
    AlterTable
    | CreateTable
    | DropObjects
    | RenameTables
    | TruncateTable
    | CreateIndex
    | DropIndex
    | Rows
    | SetVariables
    | Use
    | LockTables
    | Maintain
    | CreateView
    | CreateTrigger
    | CreateCode
    | RunSql
    | Transact
    | Databases
    | Account
    | CreateSequence
    | Other
    | UnknownStatement
)
