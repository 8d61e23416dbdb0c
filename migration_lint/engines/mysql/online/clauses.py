"""What each clause of ALTER TABLE needs of the server."""

from __future__ import annotations

from msgspec.structs import replace

from migration_lint.engines.mysql import charsets
from migration_lint.engines.mysql import syntax as s
from migration_lint.engines.mysql.facts import (
    charset_of,
    known_column,
    option,
    own_name,
    place_of,
)
from migration_lint.engines.mysql.online.columns import added, dropped, modified, renamed
from migration_lint.engines.mysql.online.context import Context
from migration_lint.engines.mysql.online.keys import (
    add_check,
    add_foreign_key,
    add_key,
    drop_index,
    drop_primary_key,
    index_named,
    is_foreign_key,
)
from migration_lint.engines.mysql.online.need import NO_CHANGE, Need, Work, copied
from migration_lint.engines.mysql.online.partitions import partition_need
from migration_lint.engines.mysql.online.types import type_need
from migration_lint.engines.mysql.shape import column_of, shape_of
from migration_lint.schema import Column, Generated, Relation

_METADATA_OPTIONS = frozenset(
    """
    COMMENT AUTO_INCREMENT MAX_ROWS MIN_ROWS AVG_ROW_LENGTH STATS_PERSISTENT STATS_AUTO_RECALC
    STATS_SAMPLE_PAGES CHARSET COLLATE COMPRESSION AUTOEXTEND_SIZE CHECKSUM TABLE_CHECKSUM PAGE_CHECKSUM
    DELAY_KEY_WRITE PACK_KEYS CONNECTION PASSWORD INSERT_METHOD UNION DIRECTORY SECONDARY_ENGINE
    ENGINE_ATTRIBUTE SECONDARY_ENGINE_ATTRIBUTE TRANSACTIONAL SEQUENCE IETF_QUOTES NODEGROUP STORAGE
    """.split()
)
_REBUILDING_OPTIONS = frozenset(
    """
    ROW_FORMAT KEY_BLOCK_SIZE PAGE_COMPRESSED PAGE_COMPRESSION_LEVEL ENCRYPTED ENCRYPTION_KEY_ID
    """.split()
)
_TEXTS = ("tinytext", "text", "mediumtext", "longtext")


def needs_of(at: Context, action: s.Action) -> list[Need]:
    """What a clause needs; several where it says several things."""
    if isinstance(action, s.AddColumns):
        return _add_columns(at, action)
    if isinstance(action, s.AddKey):
        return [add_key(at, action.key)]
    if isinstance(action, s.AddForeignKey):
        return add_foreign_key(at, action.foreign_key)
    if isinstance(action, s.AddCheck):
        return [add_check(at, action.check)]
    if isinstance(action, s.ChangeColumn):
        return _change_column(at, action)
    if isinstance(action, s.AlterColumn):
        return [NO_CHANGE]
    if isinstance(action, s.Drop):
        return [_drop(at, action)]
    if isinstance(action, s.Rename):
        return [_rename(at, action)]
    if isinstance(action, s.RenameTo):
        return [Need(True, rename=True)]
    if isinstance(action, s.AlterIndex):
        return [Need(at.server.mariadb)]
    if isinstance(action, s.AlterCheck):
        return (
            [copied("the CHECK is tested on every row", reasoned=False)] if action.enforced else [NO_CHANGE]
        )
    if isinstance(action, s.Convert):
        return _convert(at, action)
    if isinstance(action, s.Options):
        return [_option(at, name, value) for name, value in action.values]
    if isinstance(action, s.Flag):
        return [_flag(at, action.words)]
    if isinstance(action, (s.PartitionBy, s.AddPartition, s.PartitionWork, s.ExchangePartition)):
        return [partition_need(at.server, at.relation, action)]
    if isinstance(action, s.UnknownClause):
        return [replace(copied("a clause is not understood", reasoned=False), certain=False)]
    return []


# --- columns -------------------------------------------------------------------------------------


def _add_columns(at: Context, action: s.AddColumns) -> list[Need]:
    found: list[Need] = []
    for element in action.elements:
        if isinstance(element, s.ColumnDef):
            if action.if_not_exists and known_column(at.relation, element.name) is not None:
                continue
            last = _is_last(at, action)
            if at.server.mariadb and _moves_virtual(at, action):
                found.append(copied("a virtual column moves"))
            found += added(at.server, at.table, at.session, element, last=last, filled=at.filled)
            if element.references is not None:
                found += _inline_reference(at, element, element.references)
        elif isinstance(element, s.Key):
            found.append(add_key(at, element))
        elif isinstance(element, s.ForeignKey):
            found += add_foreign_key(at, element)
        elif isinstance(element, s.Check):
            found.append(add_check(at, element))
    return found


def _moves_virtual(at: Context, action: s.AddColumns) -> bool:
    """Whether a virtual column comes after the new one."""
    after = known_column(at.relation, action.after) if action.after is not None else None
    if after is None and not action.first:
        return False
    return _is_before_virtual(at, after.name if after is not None else None)


def _is_last(at: Context, action: s.AddColumns) -> bool:
    """Whether nothing that is there now comes after the new column."""
    if action.first:
        return False
    if action.after is None:
        return True
    names = [column.name.lower() for column in at.relation.columns] if at.relation is not None else []
    made = {
        element.name.lower()
        for other in at.actions
        if isinstance(other, s.AddColumns)
        for element in other.elements
        if isinstance(element, s.ColumnDef)
    }
    after = action.after.lower()
    return after in made or (bool(names) and names[-1] == after)


def _inline_reference(at: Context, column: s.ColumnDef, reference: s.Reference) -> list[Need]:
    """Real since MySQL 9.0 and MariaDB 10.5; ignored before."""
    if not (at.server.mysql_from(9, 0) or at.server.mariadb_from(10, 5)):
        return []
    return add_foreign_key(at, s.ForeignKey((column.name,), reference))


def _change_column(at: Context, action: s.ChangeColumn) -> list[Need]:
    old = known_column(at.relation, action.old)
    if old is None and action.if_exists:
        return [NO_CHANGE]
    before = shape_of(old) if old is not None else None
    if at.relation is None or old is None or before is None:
        return [replace(copied(f"what {action.old} was is not known"), certain=False)]
    primary = at.relation.primary_key
    in_primary = primary is not None and old.name in primary.columns
    new = column_of(action.column, charset_of(at.relation, at.server), at.server, in_primary_key=in_primary)
    after = shape_of(new) or before
    if new.name.lower() == old.name.lower():
        after = replace(after, name=before.name)
    place = place_of(at.catalog, at.relation, old, moved=is_moved(at.relation, old, action))
    found = modified(at.server, at.table, at.session, before, after, place)
    if action.column.key == "primary" and not in_primary:
        found.append(Need(False, Work.REBUILD))
    elif action.column.key == "unique":
        found.append(Need(False, Work.INDEX, index=True, indexes=(new.name,)))
    if action.column.checks and at.server.mysql_from(8, 0, 16):
        found.append(copied("an inline CHECK needs a copy", reasoned=False))
    return found


def is_moved(table: Relation, column: Column, action: s.ChangeColumn) -> bool:
    """Whether FIRST or AFTER puts the column elsewhere than it is."""
    names = [one.name for one in table.columns]
    at = names.index(column.name) if column.name in names else -1
    if action.first:
        return at != 0
    if action.after is None:
        return False
    return at <= 0 or names[at - 1].lower() != action.after.lower()


def _drop(at: Context, action: s.Drop) -> Need:
    if action.kind == "column":
        return _drop_column(at, action)
    if action.kind == "primary key":
        return drop_primary_key(at)
    if action.kind == "index" or (action.kind == "constraint" and index_named(at, action.name) is not None):
        return drop_index(at, action.name)
    if action.kind == "foreign key" or (action.kind == "constraint" and is_foreign_key(at, action.name)):
        return Need(at.server.mariadb)
    if action.kind == "period":
        return replace(copied(), certain=False)
    return NO_CHANGE


def _drop_column(at: Context, action: s.Drop) -> Need:
    column = known_column(at.relation, action.name)
    if column is None and action.if_exists and at.table.known:
        return NO_CHANGE
    name = column.name if column is not None else action.name
    indexes = at.catalog.indexes_on(at.relation.name) if at.relation is not None else []
    gone = {one.name for one in at.actions if isinstance(one, s.Drop) and one.kind == "index"}
    also = {one.name for one in at.actions if isinstance(one, s.Drop) and one.kind == "column"}
    holding = [index for index in indexes if name in index.columns and own_name(index) != "PRIMARY"]
    alone = [index for index in holding if set(index.columns) <= also or own_name(index) in gone]
    primary = at.relation.primary_key if at.relation is not None else None
    return dropped(
        at.server,
        at.table,
        shape_of(column) if column is not None else None,
        indexed=tuple(own_name(index) for index in alone),
        partly=tuple(own_name(index) for index in holding if index not in alone),
        primary=primary is not None and name in primary.columns,
        unique=any(index.unique for index in holding),
        before_virtual=column is not None and _is_before_virtual(at, column.name),
    )


def _is_before_virtual(at: Context, name: str | None) -> bool:
    """Whether a virtual column comes after a column; after the first place, where `name` is None."""
    columns = at.relation.columns if at.relation is not None else ()
    names = [column.name for column in columns]
    start = names.index(name) + 1 if name in names else 0
    return any(column.generated is Generated.VIRTUAL for column in columns[start:])


def _rename(at: Context, action: s.Rename) -> Need:
    if action.kind == "index":
        return Need(at.server.mariadb)
    column = known_column(at.relation, action.old)
    place = place_of(at.catalog, at.relation, column, moved=False)
    return renamed(at.server, place, action.old)


# --- the table -----------------------------------------------------------------------------------


def _convert(at: Context, action: s.Convert) -> list[Need]:
    """As if every column with text in it were modified."""
    if at.relation is None or not at.table.known:
        return [replace(copied("every text column is converted"), certain=False)]
    charset = charsets.canonical(action.charset) if action.charset else charset_of(at.relation, at.server)[0]
    collation = (
        charsets.canonical(action.collation)
        if action.collation
        else charsets.default_collation(charset, at.server)
    )
    found: list[Need] = [] if at.server.mariadb else [Need(False, Work.METADATA)]
    for column in at.relation.columns:
        before = shape_of(column)
        if before is None or not before.charset:
            continue
        after = replace(before, charset=charset, collation=collation)
        if before == after:
            continue
        wider = charsets.bytes_per_character(charset) > charsets.bytes_per_character(before.charset)
        if wider and before.type.name in _TEXTS[:3]:
            found.append(copied(f"{column.name} becomes a longer type"))
            continue
        place = place_of(at.catalog, at.relation, column, moved=False)
        redundant = at.table.row_format == "redundant"
        found.append(
            type_need(
                at.server, before, after, indexed=place.indexed, prefixed=place.prefixed, redundant=redundant
            )
        )
    return found or [NO_CHANGE]


def _option(at: Context, name: str, value: str) -> Need:
    if name == "ENGINE":
        if value.lower() == at.table.engine:
            return Need(False, Work.REBUILD)
        return copied("the table moves to another engine", reasoned=False)
    if name == "TABLESPACE":
        return NO_CHANGE if at.server.mariadb else Need(False, Work.REBUILD)
    if name == "ENCRYPTION":
        same = option(at.relation, "encryption", "N").upper() == value.upper()
        return Need(False) if same else copied("the table is encrypted or decrypted")
    if name in _REBUILDING_OPTIONS:
        return Need(False, Work.REBUILD)
    if name in _METADATA_OPTIONS:
        return Need(at.server.mariadb)
    return replace(copied(f"what {name} takes is not known"), certain=False)


def _flag(at: Context, words: str) -> Need:
    if words == "FORCE":
        return Need(False, Work.REBUILD)
    if words in ("DISABLE KEYS", "ENABLE KEYS"):
        return Need(True, rename=True)
    if words in ("ORDER BY", "ADD SYSTEM VERSIONING", "ADD PERIOD", "REMOVE PARTITIONING"):
        return copied({"ORDER BY": "the rows are sorted"}.get(words, ""), reasoned=False)
    if words == "DROP SYSTEM VERSIONING":
        return Need(False, Work.REBUILD, shared=True, why="the history of the rows goes")
    if words in ("DISCARD TABLESPACE", "IMPORT TABLESPACE"):
        return Need(False, rename=True)
    if words in ("WITH VALIDATION", "WITHOUT VALIDATION", ""):
        return NO_CHANGE
    return Need(False, certain=False)
