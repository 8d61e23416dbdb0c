"""What a server of this version refuses, with its error number. Only what is certain.

https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html, https://mariadb.com/kb/en/mariadb-error-codes/
"""

from __future__ import annotations

from migration_lint.engines.mysql import syntax as s
from migration_lint.engines.mysql.facts import foreign_keys, known_column, own_name, session_facts
from migration_lint.engines.mysql.server import Server
from migration_lint.engines.mysql.shape import type_of
from migration_lint.engines.mysql.situation import Situation
from migration_lint.schema import Relation


def unknown_syntax(server: Server, actions: tuple[s.Action, ...]) -> str | None:
    """Why this version's grammar does not take an ALTER TABLE."""
    for action in actions:
        found = syntax_of(server, action)
        if found is not None:
            return f"error 1064: {found}"
    return None


def refusal(at: Situation, table: Relation | None, actions: tuple[s.Action, ...]) -> str | None:
    """Why the schema is against an ALTER TABLE; None where it is not, as far as can be told."""
    if table is None:
        return None
    for action in actions:
        found = _against_schema(at, table, action, actions)
        if found is not None:
            return found
    return None


def syntax_of(server: Server, action: s.Action) -> str | None:
    """What of a clause this version's grammar does not have."""
    if not server.mariadb and getattr(action, "if_exists", False):
        return "IF EXISTS in ALTER TABLE is MariaDB's"
    if not server.mariadb and getattr(action, "if_not_exists", False):
        return "IF NOT EXISTS in ALTER TABLE is MariaDB's"
    if isinstance(action, s.Rename):
        return _rename(server, action)
    if isinstance(action, s.AddColumns):
        for element in action.elements:
            found = _element(server, element)
            if found is not None:
                return found
    if isinstance(action, s.ChangeColumn):
        return _element(server, action.column)
    if isinstance(action, s.AddKey):
        return _element(server, action.key)
    if isinstance(action, s.AddCheck):
        return _element(server, action.check)
    if isinstance(action, s.AlterColumn) and action.invisible is not None and not server.mysql_from(8, 0, 23):
        return "ALTER COLUMN … SET INVISIBLE needs MySQL 8.0.23"
    if isinstance(action, s.AlterColumn) and action.default is not None:
        return _default(server, action.default)
    if isinstance(action, s.AlterIndex) and not (server.mysql_from(8, 0, 12) or server.mariadb_from(10, 6)):
        return "ALTER INDEX needs MySQL 8.0 or MariaDB 10.6"
    if isinstance(action, s.AlterCheck) and not server.mysql_from(8, 0, 16):
        return "ALTER CHECK needs MySQL 8.0.16"
    if isinstance(action, s.Drop) and action.kind == "check" and not server.mysql_from(8, 0, 16):
        return "DROP CHECK needs MySQL 8.0.16"
    if isinstance(action, s.Options):
        names = {name for name, _ in action.values}
        if "AUTOEXTEND_SIZE" in names and not server.mysql_from(8, 0, 23):
            return "AUTOEXTEND_SIZE needs MySQL 8.0.23"
    exchanged = isinstance(action, s.ExchangePartition) and not action.validation
    if exchanged and server.mariadb and not server.mariadb_from(11, 4):
        return "WITHOUT VALIDATION needs MariaDB 11.4"
    if isinstance(action, s.Flag) and "SYSTEM VERSIONING" in action.words and not server.mariadb:
        return "SYSTEM VERSIONING is MariaDB's"
    return None


def _rename(server: Server, action: s.Rename) -> str | None:
    if action.kind == "column" and not (server.mysql_from(8, 0, 12) or server.mariadb_from(10, 5, 2)):
        return "RENAME COLUMN needs MySQL 8.0 or MariaDB 10.5.2; CHANGE does it before"
    if action.kind == "index" and server.mariadb and not server.mariadb_from(10, 5, 2):
        return "RENAME INDEX needs MariaDB 10.5.2"
    return None


def _element(server: Server, element: s.Element) -> str | None:
    if isinstance(element, s.ColumnDef):
        if element.invisible and not (server.mysql_from(8, 0, 23) or server.mariadb_from(10, 3)):
            return "INVISIBLE columns need MySQL 8.0.23"
        return _default(server, element.default) if element.default is not None else None
    if isinstance(element, s.Key):
        functional = any(part.expression is not None for part in element.parts)
        if functional and not server.mysql_from(8, 0, 12):
            return "an index of an expression needs MySQL 8.0.13"
        if not element.visible and not (server.mysql_from(8, 0, 12) or server.mariadb_from(10, 6)):
            return "INVISIBLE indexes need MySQL 8.0"
    if isinstance(element, s.Check) and not element.enforced and not server.mysql_from(8, 0, 12):
        return "NOT ENFORCED needs MySQL 8.0.16"
    return None


def _default(server: Server, default: s.Term) -> str | None:
    if default.parenthesised and not server.mariadb and not server.mysql_from(8, 0, 12):
        return "a default that is an expression needs MySQL 8.0.13"
    return None


def _against_schema(
    at: Situation, table: Relation, action: s.Action, actions: tuple[s.Action, ...]
) -> str | None:
    if isinstance(action, s.Drop) and action.kind == "index":
        return _missing(at, table, action) or _needed_index(at, table, action, actions)
    if isinstance(action, s.Drop) and action.kind == "column":
        return _missing(at, table, action) or _needed_column(table, action, actions)
    if not table.complete:
        return None
    if isinstance(action, s.AddColumns):
        for element in action.elements:
            known = isinstance(element, s.ColumnDef) and known_column(table, element.name) is not None
            if known and not action.if_not_exists and not _goes(actions, getattr(element, "name", "")):
                return f"error 1060: {table.name} has a column {getattr(element, 'name', '')} already"
    if isinstance(action, s.ChangeColumn):
        return _changed_column(at, table, action)
    if isinstance(action, s.Rename) and action.kind == "column" and known_column(table, action.old) is None:
        return f"error 1054: {table.name} has no column {action.old}"
    if isinstance(action, s.AddKey):
        return _added_key(at, table, action.key, actions)
    return None


def _changed_column(at: Situation, table: Relation, action: s.ChangeColumn) -> str | None:
    old = known_column(table, action.old)
    if old is None:
        return None if action.if_exists else f"error 1054: {table.name} has no column {action.old}"
    if old.type is None or old.type == type_of(action.column.type, at.server):
        return None
    if not session_facts(at.session, at.server).foreign_key_checks and not at.server.mariadb:
        return None
    pointing = [
        key for _, key in at.catalog.foreign_keys_to(table.name) if old.name in key.referenced_columns
    ]
    own = [key for key in foreign_keys(table) if old.name in key.columns]
    if not own and not pointing:
        return None
    number = 3780 if at.server.mysql_from(8, 0, 0) else 1832 if own else 1833
    return f"error {number}: the foreign key {(own or pointing)[0].name} needs {old.name} to be of its type"


def _is_taken(at: Situation, table: Relation, key: s.Key, gone: set[str]) -> bool:
    if key.name is None or key.if_not_exists or key.name.lower() in gone:
        return False
    return at.index(table.name, key.name) is not None


def _added_key(at: Situation, table: Relation, key: s.Key, actions: tuple[s.Action, ...]) -> str | None:
    gone = {one.name.lower() for one in actions if isinstance(one, s.Drop)}
    gone |= {one.old.lower() for one in actions if isinstance(one, s.Rename)}
    if key.kind == "primary":
        dropped = any(isinstance(one, s.Drop) and one.kind == "primary key" for one in actions)
        if table.primary_key is not None and not dropped:
            return f"error 1068: {table.name} has a primary key already"
    elif _is_taken(at, table, key, gone):
        return f"error 1061: {table.name} has an index {key.name} already"
    made = {
        element.name.lower()
        for one in actions
        if isinstance(one, s.AddColumns)
        for element in one.elements
        if isinstance(element, s.ColumnDef)
    }
    made |= {one.column.name.lower() for one in actions if isinstance(one, s.ChangeColumn)}
    made |= {one.new.lower() for one in actions if isinstance(one, s.Rename)}
    for part in key.parts:
        name = part.column
        if name is not None and name.lower() not in made and known_column(table, name) is None:
            return f"error 1072: {table.name} has no column {name}"
    return None


def _missing(at: Situation, table: Relation, action: s.Drop) -> str | None:
    if not table.complete or action.if_exists:
        return None
    if action.kind == "column":
        known = known_column(table, action.name) is not None
    else:
        known = at.index(table.name, action.name) is not None
    return None if known else f"error 1091: {table.name} has no {action.kind} {action.name}"


def _goes(actions: tuple[s.Action, ...], column: str) -> bool:
    lower = column.lower()
    return any(
        (isinstance(one, s.Drop) and one.kind == "column" and one.name.lower() == lower)
        or (isinstance(one, s.Rename) and one.kind == "column" and one.old.lower() == lower)
        or (isinstance(one, s.ChangeColumn) and one.old.lower() == lower)
        for one in actions
    )


def _needed_index(
    at: Situation, table: Relation, action: s.Drop, actions: tuple[s.Action, ...]
) -> str | None:
    """An index that a foreign key needs cannot go, unless another can stand in for it."""
    index = at.index(table.name, action.name)
    if index is None or any(isinstance(one, s.AddKey) for one in actions):
        return None
    gone = {
        one.name for one in actions if isinstance(one, s.Drop) and one.kind in ("foreign key", "constraint")
    }
    others = [one.columns for one in at.catalog.indexes_on(table.name) if one.name != index.name]
    needed = [key.columns for key in foreign_keys(table) if key.name not in gone]
    needed += [key.referenced_columns for _, key in at.catalog.foreign_keys_to(table.name)]
    for columns in needed:
        size = len(columns)
        if size and index.columns[:size] == columns and not any(other[:size] == columns for other in others):
            return f"error 1553: a foreign key needs the index {own_name(index)}"
    return None


def _needed_column(table: Relation, action: s.Drop, actions: tuple[s.Action, ...]) -> str | None:
    gone = {
        one.name for one in actions if isinstance(one, s.Drop) and one.kind in ("foreign key", "constraint")
    }
    for key in foreign_keys(table):
        if action.name in key.columns and key.name not in gone:
            return f"error 1828: the foreign key {key.name} needs the column {action.name}"
    return None


def drop_refusal(at: Situation, names: list[str]) -> str | None:
    """Why DROP TABLE is refused: a foreign key of a table that stays points at one that goes."""
    if not session_facts(at.session, at.server).foreign_key_checks:
        return None
    for name in names:
        for child, key in at.catalog.foreign_keys_to(name):
            if child.name not in names:
                number = 3730 if at.server.mysql_from(8, 0, 0) else 1451 if at.server.mariadb else 1217
                return f"error {number}: the foreign key {key.name} of {child.name} points at {name}"
    return None


def truncate_refusal(at: Situation, name: str) -> str | None:
    """Why TRUNCATE is refused."""
    if not session_facts(at.session, at.server).foreign_key_checks:
        return None
    for child, key in at.catalog.foreign_keys_to(name):
        if child.name != name:
            return f"error 1701: the foreign key {key.name} of {child.name} points at {name}"
    return None
