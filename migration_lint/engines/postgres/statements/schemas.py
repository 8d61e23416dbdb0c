"""Schemas, extensions, databases and tablespaces."""

from __future__ import annotations

from msgspec.structs import replace

from migration_lint.effects import (
    AlterSystem,
    CreateDatabase,
    CreateExtension,
    CreateSchema,
    CreateSequence,
    CreateTable,
    CreateView,
    DropDatabase,
    Effect,
    Impact,
    OtherChange,
)
from migration_lint.engines.postgres.locks import Mode
from migration_lint.engines.postgres.nodes import name_list, tag
from migration_lint.engines.postgres.prediction import Prediction, lock
from migration_lint.engines.postgres.situation import Situation
from migration_lint.engines.postgres.statements import handler_of
from migration_lint.folding import fold_all
from migration_lint.model import TransactionRule

# transformCreateSchemaStmtElements: what the elements are sorted by, whatever the order they stand in.
_ORDER = ("CreateSeqStmt", "CreateStmt", "ViewStmt", "IndexStmt", "CreateTrigStmt", "GrantStmt")
_RELATION_KINDS = frozenset(
    "OBJECT_TABLE OBJECT_VIEW OBJECT_MATVIEW OBJECT_SEQUENCE OBJECT_FOREIGN_TABLE".split()
)


def create_schema_stmt(at: Situation) -> Prediction:
    """CREATE SCHEMA, with the objects that it names."""
    node = at.node
    name = str(node.get("schemaname") or (node.get("authrole") or {}).get("rolename", ""))
    if_not_exists = bool(node.get("if_not_exists", False))
    there = name in at.catalog.schemas and name != "public"
    if there and not if_not_exists:
        return Prediction((CreateSchema(relation=name),), refused=f'schema "{name}" already exists')
    found: list[Effect] = [CreateSchema(relation=name, if_not_exists=if_not_exists)]
    elements = list(node.get("schemaElts") or ())
    elements.sort(key=lambda item: _ORDER.index(tag(item)) if tag(item) in _ORDER else len(_ORDER))
    session = replace(at.session, search_path=(name, *at.session.search_path))
    inside = replace(at, session=session, catalog=fold_all(at.catalog, found, at.origin))
    refused = None
    for number, element in enumerate(elements):
        handler = handler_of(tag(element))
        if handler is None:
            continue
        prediction = handler(inside.within(element))
        effects = [replace(effect, clause=None) for effect in prediction.effects]
        found += effects
        refused = refused or prediction.refused
        if number + 1 < len(elements):
            inside = inside.with_catalog(fold_all(inside.catalog, effects, at.origin))
    return Prediction(tuple(_for_others(found)), refused=refused)


def _for_others(effects: list[Effect]) -> list[Effect]:
    """Without impacts on what the statement itself makes: nobody else can see it yet."""
    made = {
        effect.relation for effect in effects if isinstance(effect, (CreateTable, CreateView, CreateSequence))
    }
    return [effect for effect in effects if not (isinstance(effect, Impact) and effect.relation in made)]


# --- extensions ----------------------------------------------------------------------------------


def create_extension_stmt(at: Situation) -> Prediction:
    """CREATE EXTENSION."""
    name = str(at.node["extname"])
    if_not_exists = bool(at.node.get("if_not_exists", False))
    taken = name in at.catalog.extensions and not if_not_exists
    change = CreateExtension(relation=name, if_not_exists=if_not_exists)
    return Prediction((change,), refused=f'extension "{name}" already exists' if taken else None)


def alter_extension_stmt(at: Situation) -> Prediction:
    """ALTER EXTENSION … UPDATE: its script is the extension's own."""
    return Prediction((CreateExtension(relation=str(at.node["extname"]), update=True),))


def alter_extension_contents_stmt(at: Situation) -> Prediction:
    """ALTER EXTENSION … ADD or DROP an object, which is locked meanwhile."""
    node = at.node
    verb = "DROP" if node.get("action", 1) < 0 else "ADD"
    found: list[Effect] = [OtherChange(relation=str(node["extname"]), what=f"ALTER EXTENSION {verb}")]
    if node.get("objtype") in _RELATION_KINDS:
        relation = at.qualified(name_list(node.get("object")))
        found.append(lock(relation, Mode.ShareUpdateExclusiveLock))
    return Prediction(tuple(found))


# --- databases and tablespaces -------------------------------------------------------------------


def createdb_stmt(at: Situation) -> Prediction:
    """CREATE DATABASE."""
    change = CreateDatabase(relation=str(at.node.get("dbname", "")))
    return Prediction((change,), TransactionRule.FORBIDDEN)


def dropdb_stmt(at: Situation) -> Prediction:
    """DROP DATABASE."""
    change = DropDatabase(relation=str(at.node.get("dbname", "")))
    return Prediction((change,), TransactionRule.FORBIDDEN)


def alter_database_stmt(at: Situation) -> Prediction:
    """ALTER DATABASE with options; a move to another tablespace stands alone."""
    moves = any(item["DefElem"].get("defname") == "tablespace" for item in at.node.get("options") or ())
    rule = TransactionRule.FORBIDDEN if moves else TransactionRule.ALLOWED
    return Prediction((OtherChange(relation=str(at.node.get("dbname", "")), what="ALTER DATABASE"),), rule)


def alter_database_set_stmt(at: Situation) -> Prediction:
    """ALTER DATABASE … SET: for sessions to come."""
    setting = (at.node.get("setstmt") or {}).get("name", "all")
    change = AlterSystem(relation=str(at.node.get("dbname", "")), setting=str(setting), scope="database")
    return Prediction((change,))


def alter_database_refresh_coll_stmt(at: Situation) -> Prediction:
    """ALTER DATABASE … REFRESH COLLATION VERSION."""
    change = OtherChange(relation=str(at.node.get("dbname", "")), what="ALTER DATABASE")
    refused = "REFRESH COLLATION VERSION is new in PostgreSQL 15" if at.version < 15 else None
    return Prediction((change,), refused=refused)


def create_table_space_stmt(at: Situation) -> Prediction:
    """CREATE TABLESPACE."""
    return _tablespace(at, "CREATE TABLESPACE", TransactionRule.FORBIDDEN)


def drop_table_space_stmt(at: Situation) -> Prediction:
    """DROP TABLESPACE."""
    return _tablespace(at, "DROP TABLESPACE", TransactionRule.FORBIDDEN)


def alter_table_space_options_stmt(at: Situation) -> Prediction:
    """ALTER TABLESPACE … SET or RESET."""
    return _tablespace(at, "ALTER TABLESPACE", TransactionRule.ALLOWED)


def _tablespace(at: Situation, what: str, rule: TransactionRule) -> Prediction:
    return Prediction((OtherChange(relation=str(at.node.get("tablespacename", "")), what=what),), rule)
