"""Views, triggers, routines, SET, USE, transactions, databases, accounts."""

from __future__ import annotations

import re

from migration_lint import effects as e
from migration_lint.engines.mysql import syntax as s
from migration_lint.engines.mysql.locks import Mode
from migration_lint.engines.mysql.prediction import Prediction, held_lock, short_lock
from migration_lint.engines.mysql.situation import Situation
from migration_lint.model import TransactionRule
from migration_lint.schema import Relation, RelationKind, Routine

_COMMIT = TransactionRule.IMPLICIT_COMMIT
_DDL = re.compile(
    r"\b(?:alter|create|drop|rename|truncate)\s+(?:online\s+|ignore\s+|unique\s+|temporary\s+)*"
    r"(?:table|index|view|database)\b",
    re.IGNORECASE,
)
_WRITES = re.compile(r"\b(insert|update|delete|replace)\b", re.IGNORECASE)


def create_view(at: Situation, statement: s.CreateView) -> Prediction:
    """CREATE and ALTER VIEW."""
    name = at.new_name(statement.view)
    reads = tuple(at.relation_name(table) for table in statement.reads)
    view = Relation(name, RelationKind.VIEW, reads=reads)
    effects: list[e.Effect] = [
        e.CreateView(
            relation=name, view=view, replace=statement.replace, if_not_exists=statement.if_not_exists
        )
    ]
    if statement.replace and at.relation(name) is not None:
        effects.append(short_lock(name))
    effects += [held_lock(read, Mode.SHARED_READ) for read in reads]
    return Prediction(tuple(effects), _COMMIT)


def create_trigger(at: Situation, statement: s.CreateTrigger) -> Prediction:
    """CREATE TRIGGER waits for all who use the table."""
    table = at.relation_name(statement.table)
    trigger = e.CreateTrigger(
        relation=table,
        trigger=statement.name.name,
        function=statement.name.name,
        timing=statement.timing,
        row=True,
        replace=statement.replace,
    )
    return Prediction((trigger, short_lock(table)), _COMMIT)


def create_code(at: Situation, statement: s.CreateCode) -> Prediction:
    """CREATE PROCEDURE, FUNCTION, EVENT: the body runs later."""
    name = at.new_name(statement.name)
    if statement.kind not in ("procedure", "function"):
        return Prediction((e.OtherChange(relation=name, what=f"create {statement.kind}"),), _COMMIT)
    made = Routine(name, statement.arguments, language="sql")
    routine = e.CreateRoutine(relation=name, routine=made, replace=statement.replace, body=statement.body)
    return Prediction((routine,), _COMMIT)


def run_sql(at: Situation, statement: s.RunSql) -> Prediction:
    """CALL, PREPARE, EXECUTE: SQL that only the server sees."""
    if statement.what == "deallocate":
        return Prediction((e.OtherChange(relation="", what="deallocate prepare"),))
    if statement.what == "prepare" and statement.text is not None and not _DDL.search(statement.text):
        return Prediction((e.OtherChange(relation="", what="prepare"),))
    text = statement.text or ""
    code = e.RunCode(
        relation="",
        what="execute" if statement.what == "prepare" else statement.what,
        alters=bool(_DDL.search(text)),
        dynamic=statement.what != "call",
        writes=tuple(sorted({verb.lower() for verb in _WRITES.findall(text)})),
    )
    return Prediction((code,))


def set_variables(at: Situation, statement: s.SetVariables) -> Prediction:
    """SET."""
    effects: list[e.Effect] = []
    for scope, name, value in statement.assignments:
        if scope == "user":
            effects.append(e.OtherChange(relation=name, what="set user variable"))
        elif scope == "session":
            effects.append(e.SetSetting(relation=name, value=_value(value)))
        else:
            effects.append(e.AlterSystem(relation=name, setting=name, scope=scope))
    return Prediction(tuple(effects))


def _value(value: str | None) -> str | None:
    """A value that a variable holds is not known: as if it were reset."""
    return None if value is None or value.startswith("@") else value


def use(at: Situation, statement: s.Use) -> Prediction:
    """USE."""
    return Prediction((e.SetSetting(relation="search_path", value=statement.database),))


def transact(at: Situation, statement: s.Transact) -> Prediction:
    """BEGIN, COMMIT, ROLLBACK, SAVEPOINT."""
    action = statement.action
    is_open = at.session.transaction is not None
    if action == "begin":
        return Prediction((e.BeginTransaction(relation="", nested=is_open),), _COMMIT)
    if action in ("commit", "rollback"):
        ended = e.EndTransaction(
            relation="",
            commit=action == "commit",
            orphan=not is_open,
            wrapped=is_open and at.session.wrapped,
        )
        return Prediction((ended,))
    return Prediction((e.Savepoint(relation="", action=action),))


def databases(at: Situation, statement: s.Databases) -> Prediction:
    """CREATE, DROP and ALTER DATABASE."""
    name = statement.name
    if statement.action == "create":
        return Prediction((e.CreateSchema(relation=name, if_not_exists=statement.if_not_exists),), _COMMIT)
    if statement.action == "drop":
        prefix = f"{name}."
        inside = [known for known in at.catalog.relations if known.startswith(prefix)]
        gone = e.DropDatabase(relation=name)
        return Prediction((gone, *(short_lock(table) for table in sorted(inside))), _COMMIT)
    return Prediction((e.OtherChange(relation=name, what="alter database"),), _COMMIT)


def account(at: Situation, statement: s.Account) -> Prediction:
    """GRANT, REVOKE, CREATE USER and the like."""
    if statement.action in ("grant", "revoke"):
        grant = e.Grant(
            relation=statement.objects,
            revoke=statement.action == "revoke",
            privileges=statement.privileges,
            to=(),
        )
        return Prediction((grant,), _COMMIT)
    role = e.AlterRole(relation="", action=statement.action)
    return Prediction((role,), _COMMIT)


def create_sequence(at: Situation, statement: s.CreateSequence) -> Prediction:
    """CREATE SEQUENCE."""
    name = at.new_name(statement.name)
    made = e.CreateSequence(
        relation=name,
        sequence=Relation(name, RelationKind.SEQUENCE),
        if_not_exists=statement.if_not_exists,
    )
    return Prediction((made,), _COMMIT)


def other(at: Situation, statement: s.Other) -> Prediction:
    """What has no effect on tables."""
    rule = _COMMIT if statement.commits else TransactionRule.ALLOWED
    return Prediction((e.OtherChange(relation="", what=statement.what),), rule)


def unknown(at: Situation, statement: s.UnknownStatement) -> Prediction:
    """What was not understood."""
    return Prediction((e.Unknown(reason=statement.reason),))
