"""What keys and constraints need, added and dropped."""

from __future__ import annotations

from msgspec.structs import replace

from migration_lint.engines.mysql import syntax as s
from migration_lint.engines.mysql.facts import foreign_keys, known_column, own_name
from migration_lint.engines.mysql.online.context import Context
from migration_lint.engines.mysql.online.need import NO_CHANGE, Need, Work, copied
from migration_lint.schema import Index


def index_named(at: Context, name: str) -> Index | None:
    """The index of that own name."""
    if at.relation is None:
        return None
    lower = name.lower()
    found = at.catalog.indexes_on(at.relation.name)
    return next((index for index in found if own_name(index).lower() == lower), None)


def is_foreign_key(at: Context, name: str) -> bool:
    """Whether a constraint of that name is a foreign key."""
    return at.relation is not None and any(one.name == name for one in foreign_keys(at.relation))


def add_key(at: Context, key: s.Key) -> Need:
    """A key of ADD INDEX, ADD UNIQUE, ADD PRIMARY KEY, …"""
    name = key.name or ""
    if key.if_not_exists and index_named(at, name) is not None:
        return NO_CHANGE
    if key.kind == "primary":
        return _add_primary_key(at, key)
    if key.kind == "fulltext":
        return _add_fulltext(at, name)
    if key.kind == "vector":
        return replace(copied("a vector index needs a copy", offline=True), certain=False)
    replaced = _replaced(at, key)
    if replaced is not None and _same_key(at, replaced, key):
        return NO_CHANGE
    functional = any(part.expression is not None for part in key.parts)
    virtual_too = any(_is_new_virtual(at, part.column) for part in key.parts if part.column is not None)
    if _becomes_clustered(at, key):
        return Need(False, Work.REBUILD)
    shared = functional or virtual_too or key.kind == "spatial"
    return Need(False, Work.INDEX, shared=shared, index=True, indexes=(name,))


def _dropped_names(at: Context) -> set[str]:
    return {
        one.name.lower()
        for one in at.actions
        if isinstance(one, s.Drop) and one.kind in ("index", "constraint")
    }


def _replaced(at: Context, key: s.Key) -> Index | None:
    """The index that the statement drops and makes again under its name (MariaDB: under another)."""
    if key.name is None:
        return None
    if key.name.lower() in _dropped_names(at):
        return index_named(at, key.name)
    if at.server.mariadb:
        for name in _dropped_names(at):
            found = index_named(at, name)
            if found is not None and _same_key(at, found, key):
                return found
    return None


def _same_key(at: Context, index: Index, key: s.Key) -> bool:
    if key.using is not None and not at.server.mysql_from(8, 0, 12) and index.method == "btree":
        used = dict(index.options).get("using", "")
        if used != key.using:
            return False
    prefixes = ",".join(part.column or "" for part in key.parts if part.length is not None)
    return (
        index.columns == tuple(part.column for part in key.parts)
        and index.unique == (key.kind == "unique")
        and (key.kind in ("index", "unique") or key.kind == index.method)
        and dict(index.options).get("prefix", "") == prefixes
        and not any(part.expression for part in key.parts)
    )


def _is_new_virtual(at: Context, name: str) -> bool:
    return any(
        isinstance(element, s.ColumnDef)
        and element.name.lower() == name.lower()
        and element.generated is not None
        and not element.stored
        for action in at.actions
        if isinstance(action, s.AddColumns)
        for element in action.elements
    )


def _becomes_clustered(at: Context, key: s.Key) -> bool:
    """Whether a UNIQUE of NOT NULL columns is what InnoDB orders the table by, for want of a primary key."""
    if (
        key.kind != "unique"
        or at.relation is None
        or at.relation.primary_key is not None
        or not at.table.known
    ):
        return False
    if any(_is_clustering(at, index) for index in at.catalog.indexes_on(at.relation.name)):
        return False
    columns = [known_column(at.relation, part.column) for part in key.parts if part.column is not None]
    return bool(columns) and all(
        column is not None and column.not_null and column.generated is None for column in columns
    )


def _is_clustering(at: Context, index: Index) -> bool:
    columns = [known_column(at.relation, name) for name in index.columns if name is not None]
    return (
        index.unique and bool(columns) and all(column is not None and column.not_null for column in columns)
    )


def _add_fulltext(at: Context, name: str) -> Need:
    new = [one for one in at.actions if isinstance(one, s.AddKey) and one.key.kind == "fulltext"]
    if len(new) > 1:
        return copied("only one FULLTEXT index can be built in place at a time", offline=True)
    has_id = known_column(at.relation, "FTS_DOC_ID") is not None
    if at.table.fulltext or has_id:
        return Need(False, Work.INDEX, shared=True, index=True, indexes=(name,), certain=at.table.known)
    why = "the first FULLTEXT index adds a hidden column"
    return Need(False, Work.REBUILD, shared=True, certain=at.table.known, why=why)


def _add_primary_key(at: Context, key: s.Key) -> Need:
    old = at.relation.primary_key if at.relation is not None else None
    names = tuple(part.column or "" for part in key.parts)
    if any(isinstance(one, s.Drop) and one.kind == "primary key" for one in at.actions):
        if old is not None and old.columns == names:
            return NO_CHANGE
        return Need(False, Work.REBUILD)
    columns = [known_column(at.relation, name) for name in names]
    nullable = any(column is not None and not column.not_null for column in columns)
    if nullable and not at.session.strict and not at.server.mariadb:
        return copied("without a strict sql_mode, NULLs are turned into values row by row")
    return Need(False, Work.REBUILD)


def drop_primary_key(at: Context) -> Need:
    """DROP PRIMARY KEY."""
    if any(isinstance(one, s.AddKey) and one.key.kind == "primary" for one in at.actions):
        return NO_CHANGE
    inline = any(
        isinstance(element, s.ColumnDef) and element.key == "primary"
        for one in at.actions
        if isinstance(one, s.AddColumns)
        for element in one.elements
    )
    return NO_CHANGE if inline else copied("the table loses its primary key")


def drop_index(at: Context, name: str) -> Need:
    """DROP INDEX."""
    index = index_named(at, name)
    if name.upper() == "PRIMARY":
        return drop_primary_key(at)
    if index is None:
        return Need(False, Work.METADATA, index=True)
    for action in at.actions:
        if (
            isinstance(action, s.AddKey)
            and _replaced(at, action.key) is index
            and _same_key(at, index, action.key)
        ):
            return NO_CHANGE
    no_primary = at.relation is not None and at.relation.primary_key is None and at.table.known
    if no_primary and _is_clustering(at, index):
        return copied("the table is ordered by this index, as it has no primary key")
    return Need(False, Work.METADATA, index=True, unmixed=index.unique)


def add_foreign_key(at: Context, key: s.ForeignKey) -> list[Need]:
    """ADD FOREIGN KEY: checked row by row, unless foreign_key_checks is off."""
    if at.session.foreign_key_checks:
        return [copied("the foreign key is checked for every row")]
    if _has_index(at, key.columns):
        return [Need(at.server.mariadb)]
    return [Need(False, Work.INDEX, index=True, indexes=(key.name or key.columns[0],))]


def _has_index(at: Context, columns: tuple[str, ...]) -> bool:
    if at.relation is None:
        return False
    wanted = [name.lower() for name in columns]
    return any(
        [(name or "").lower() for name in index.columns[: len(wanted)]] == wanted
        for index in at.catalog.indexes_on(at.relation.name)
    )


def add_check(at: Context, check: s.Check) -> Need:
    """ADD CHECK."""
    if at.server.mariadb:
        return copied("the CHECK is tested on every row", reasoned=False)
    if not at.server.mysql_from(8, 0, 12):
        return NO_CHANGE  # parsed and ignored
    return copied("the CHECK is tested on every row", reasoned=False) if check.enforced else NO_CHANGE
