"""ALTER INDEX: the lock is on the index, or on the tables when a partition's index is attached."""

from __future__ import annotations

from migration_lint.effects import AlterTable, AttachIndex, Effect, SetOptions, Unknown
from migration_lint.engines.postgres.locks import Mode
from migration_lint.engines.postgres.nodes import Node, body, constant, options
from migration_lint.engines.postgres.prediction import Prediction, lock
from migration_lint.engines.postgres.refusals.indexes import attached_index
from migration_lint.engines.postgres.situation import Situation
from migration_lint.engines.postgres.statements.alter_options import mode_of_options
from migration_lint.engines.postgres.statements.tablespaces import moved
from migration_lint.names import bare


def alter_index(at: Situation, index: str, commands: list[Node]) -> Prediction:
    """SET and RESET of storage parameters, SET TABLESPACE, SET STATISTICS, ATTACH PARTITION."""
    found: list[Effect] = []
    refused: str | None = None
    for number, command in enumerate(commands):
        found += _clause(at, index, command, number)
        refused = refused or _refused(at, index, command)
    return Prediction(tuple(found), refused=refused)


def _refused(at: Situation, index: str, command: Node) -> str | None:
    if command["subtype"] == "AT_AttachPartition":
        child = at.relation_name(body(command.get("def") or {}).get("name") or {})
        return attached_index(index, child, at)
    known = at.index(index)
    if command["subtype"] != "AT_SetStatistics" or known is None or "num" not in command:
        return None
    number = int(command["num"])
    if number > len(known.columns) + len(known.include):
        return f'column number {number} of relation "{bare(index)}" does not exist'
    if number > len(known.columns) or known.columns[number - 1] is not None:
        return f'cannot alter statistics on non-expression column of index "{bare(index)}"'
    return None


def _clause(at: Situation, index: str, command: Node, number: int) -> list[Effect]:
    name = command["subtype"]
    definition = command.get("def") or {}
    if name in ("AT_SetRelOptions", "AT_ResetRelOptions"):
        given = options(body(definition).get("items"))
        resets = name == "AT_ResetRelOptions"
        values = tuple(
            (key, None if resets else str(constant(value)) if value else "true")
            for key, value in given.items()
        )
        return [
            SetOptions(relation=index, options=values, clause=number),
            lock(index, mode_of_options(list(given)), clause=number),
        ]
    if name == "AT_AttachPartition":
        child = at.relation_name(body(definition).get("name") or {})
        return [
            AttachIndex(relation=_table(at, index), parent=index, index=child, clause=number),
            *_attach_locks(at, index, child, number),
        ]
    if name == "AT_SetTableSpace":
        return [
            lock(index, Mode.AccessExclusiveLock, clause=number),
            *moved(index, str(command.get("name")), at, number),
        ]
    if name in ("AT_SetStatistics", "AT_ChangeOwner"):
        mode = Mode.ShareUpdateExclusiveLock if name == "AT_SetStatistics" else Mode.AccessExclusiveLock
        action = "SET STATISTICS" if name == "AT_SetStatistics" else "OWNER TO"
        return [
            AlterTable(relation=index, action=action, clause=number),
            lock(index, mode, clause=number),
        ]
    return [Unknown(reason=f"a clause of ALTER INDEX that is not known here ({name})", clause=number)]


def _table(at: Situation, index: str) -> str:
    known = at.index(index)
    return known.relation if known is not None else ""


def _attach_locks(at: Situation, parent: str, child: str, number: int) -> list[Effect]:
    found: list[Effect] = [
        lock(parent, Mode.ShareUpdateExclusiveLock, clause=number),
        lock(child, Mode.AccessExclusiveLock, clause=number),
    ]
    for index in (parent, child):
        table = _table(at, index)
        if table:
            found.append(lock(table, Mode.AccessShareLock, clause=number))
    return found
