"""INSERT, UPDATE, DELETE, REPLACE, LOAD DATA, SELECT; LOCK TABLES; maintenance."""

from __future__ import annotations

import re

from migration_lint.effects import (
    Analyze,
    DeleteRows,
    Effect,
    InsertRows,
    LockTable,
    OtherChange,
    ReadRows,
    Rewrite,
    Scan,
    UpdateRows,
)
from migration_lint.engines.mysql import syntax as s
from migration_lint.engines.mysql.facts import known_column, table_facts
from migration_lint.engines.mysql.locks import Mode
from migration_lint.engines.mysql.online.need import Need, Work, planned
from migration_lint.engines.mysql.prediction import Prediction, held_lock, plan_lock, short_lock, work_of
from migration_lint.engines.mysql.situation import Situation
from migration_lint.model import TransactionRule
from migration_lint.schema import Expression

_COMMIT = TransactionRule.IMPLICIT_COMMIT


def rows(at: Situation, statement: s.Rows) -> Prediction:
    """A statement about rows."""
    effects: list[Effect] = []
    where = None
    if statement.where is not None:
        where = Expression(statement.where.text, statement.where.names)
    for table in statement.tables:
        name = at.relation_name(table)
        narrow = statement.limited or _by_index(at, name, where)
        if statement.verb == "update":
            effects.append(UpdateRows(relation=name, columns=statement.columns, where=where, narrow=narrow))
        elif statement.verb == "delete":
            effects.append(DeleteRows(relation=name, where=where, narrow=narrow))
        else:
            effects.append(
                InsertRows(
                    relation=name,
                    columns=statement.columns,
                    select=statement.select,
                    source="copy" if statement.verb == "load" else "insert",
                    rows=statement.rows,
                )
            )
        effects.append(held_lock(name, Mode.SHARED_WRITE))
        if statement.verb in ("update", "delete") and not narrow:
            effects.append(Scan(relation=name, certain=False))
    for table in statement.reads:
        name = at.relation_name(table)
        if statement.verb == "select":
            effects.append(ReadRows(relation=name))
        mode = Mode.SHARED_WRITE if statement.locking else Mode.SHARED_READ
        effects.append(held_lock(name, mode))
    if not effects:
        effects.append(OtherChange(relation="", what=statement.verb))
    return Prediction(tuple(effects))


def _by_index(at: Situation, name: str, where: Expression | None) -> bool:
    """Whether a condition compares the first column of a unique index with a constant."""
    if where is None:
        return False
    table = at.relation(name)
    for index in at.catalog.indexes_on(name) if table is not None else ():
        if (
            index.unique
            and index.columns
            and all(column is not None and _compared(column, where, at, name) for column in index.columns)
        ):
            return True
    return False


def _compared(column: str, where: Expression, at: Situation, name: str) -> bool:
    if known_column(at.relation(name), column) is None:
        return False
    pattern = rf"(?<![\w`.])`?{re.escape(column)}`?\s*(?:=|<|>|<=|>=|\bIN\b|\bBETWEEN\b)"
    return re.search(pattern, where.text, re.IGNORECASE) is not None and " or " not in where.text.lower()


def lock_tables(at: Situation, statement: s.LockTables) -> Prediction:
    """LOCK TABLES; held until UNLOCK TABLES."""
    effects: list[Effect] = []
    for table, mode in statement.tables:
        name = at.relation_name(table)
        taken = Mode.SHARED_READ_ONLY if mode == "read" else Mode.SHARED_NO_READ_WRITE
        effects += [LockTable(relation=name, mode=taken), held_lock(name, taken)]
    return Prediction(tuple(effects), _COMMIT)


def maintain(at: Situation, statement: s.Maintain) -> Prediction:
    """OPTIMIZE, ANALYZE, CHECK, REPAIR TABLE; FLUSH TABLES."""
    effects: list[Effect] = []
    names = [at.relation_name(table) for table in statement.tables]
    for name in names or [""]:
        if statement.verb == "optimize" and name:
            facts = table_facts(at.catalog, at.relation(name))
            rebuild = [Need(False, Work.REBUILD)]
            plan = planned(at.server, facts, rebuild)
            effects.append(OtherChange(relation=name, what="optimize table"))
            effects += [plan_lock(name, plan), *work_of(name, plan, rebuild)]
        elif statement.verb == "analyze":
            effects.append(Analyze(relation=name))
            if name:
                effects.append(held_lock(name, Mode.SHARED_READ))
        else:
            effects.append(OtherChange(relation=name, what=f"{statement.verb} table"))
            effects += _others(statement, name)
    return Prediction(tuple(effects), _COMMIT)


def _others(statement: s.Maintain, name: str) -> list[Effect]:
    if not name:
        return []
    if statement.verb == "check":
        return [held_lock(name, Mode.SHARED_READ), Scan(relation=name)]
    if statement.verb == "repair":
        return [held_lock(name, Mode.SHARED_NO_READ_WRITE), Rewrite(relation=name)]
    if statement.verb == "flush" and statement.read_lock:
        return [held_lock(name, Mode.SHARED_READ_ONLY)]
    return [short_lock(name)] if statement.verb == "flush" else []
