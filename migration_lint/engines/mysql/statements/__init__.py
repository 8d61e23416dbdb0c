"""What each kind of statement does: a handler is ``name(at: Situation, statement) -> Prediction``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from migration_lint.engines.mysql import syntax as s
from migration_lint.engines.mysql.prediction import Prediction
from migration_lint.engines.mysql.situation import Situation
from migration_lint.engines.mysql.statements import alter, others, rows, tables

_HANDLERS: dict[type[Any], Callable[[Situation, Any], Prediction]] = {
    s.AlterTable: alter.alter_table,
    s.CreateIndex: alter.create_index,
    s.DropIndex: alter.drop_index,
    s.CreateTable: tables.create_table,
    s.DropObjects: tables.drop_objects,
    s.RenameTables: tables.rename_tables,
    s.TruncateTable: tables.truncate,
    s.Rows: rows.rows,
    s.LockTables: rows.lock_tables,
    s.Maintain: rows.maintain,
    s.CreateView: others.create_view,
    s.CreateTrigger: others.create_trigger,
    s.CreateCode: others.create_code,
    s.RunSql: others.run_sql,
    s.SetVariables: others.set_variables,
    s.Use: others.use,
    s.Transact: others.transact,
    s.Databases: others.databases,
    s.Account: others.account,
    s.CreateSequence: others.create_sequence,
    s.Other: others.other,
    s.UnknownStatement: others.unknown,
}


def predict(at: Situation, statement: s.Statement) -> Prediction:
    """What the statement does."""
    return _HANDLERS[type(statement)](at, statement)
