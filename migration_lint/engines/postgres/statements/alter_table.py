"""ALTER TABLE, INDEX, VIEW, SEQUENCE and composite TYPE: clause by clause, in the server's order.

The statement takes the strongest lock that any of its clauses needs, once, before all of them
(``AlterTableGetLockLevel``), and works its clauses in passes (``AT_PASS_…`` of ``tablecmds.c``):
drops come first, then type changes, new columns, column attributes, indexes, constraints.
https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from migration_lint.effects import Effect
from migration_lint.engines.postgres.composite_types import refused_for_use
from migration_lint.engines.postgres.locks import Mode
from migration_lint.engines.postgres.nodes import Node, body, options
from migration_lint.engines.postgres.prediction import Prediction, lock
from migration_lint.engines.postgres.refusals import of_statement, refusal
from migration_lint.engines.postgres.situation import Situation
from migration_lint.engines.postgres.statements import (
    alter_columns,
    alter_constraints,
    alter_indexes,
    alter_not_null,
    alter_options,
    alter_partitions,
    alter_types,
)
from migration_lint.engines.postgres.statements.alteration import Clause
from migration_lint.folding import fold_all
from migration_lint.model import TransactionRule

_PASSES = (
    "AT_DropColumn AT_DropConstraint AT_DropNotNull AT_DropExpression AT_DropInherit AT_DropIdentity",
    "AT_AlterColumnType",
    "AT_AddColumn",
    "AT_SetExpression",
    "AT_SetNotNull AT_SetStorage AT_SetCompression AT_SetStatistics AT_AddIdentity AT_SetIdentity",
    "AT_AddIndex AT_AddConstraint:index",
    "AT_AddConstraint AT_ColumnDefault",
)
_PASS_OF = {name: number for number, names in enumerate(_PASSES) for name in names.split()}
_LAST = len(_PASSES)
_INDEXED = ("CONSTR_PRIMARY", "CONSTR_UNIQUE", "CONSTR_EXCLUSION")

Handler = Callable[[Clause], Iterator[Effect]]
_HANDLERS: dict[str, Handler] = {
    "AT_AddColumn": alter_columns.add_column,
    "AT_DropColumn": alter_columns.drop_column,
    "AT_ColumnDefault": alter_columns.column_default,
    "AT_CookedColumnDefault": alter_columns.column_default,
    "AT_SetNotNull": alter_not_null.set_not_null,
    "AT_DropNotNull": alter_not_null.drop_not_null,
    "AT_AddIdentity": alter_columns.add_identity,
    "AT_SetIdentity": alter_columns.set_identity,
    "AT_DropIdentity": alter_columns.drop_identity,
    "AT_SetExpression": alter_columns.set_expression,
    "AT_DropExpression": alter_columns.drop_expression,
    "AT_AlterColumnType": alter_types.alter_column_type,
    "AT_AddConstraint": alter_constraints.add_constraint,
    "AT_ValidateConstraint": alter_constraints.validate_constraint,
    "AT_DropConstraint": alter_constraints.drop_constraint,
    "AT_AlterConstraint": alter_constraints.alter_constraint,
    "AT_AttachPartition": alter_partitions.attach_partition,
    "AT_DetachPartition": alter_partitions.detach_partition,
    "AT_DetachPartitionFinalize": alter_partitions.finalize_detach,
    **alter_options.HANDLERS,
}

_SHARE_UPDATE_EXCLUSIVE = frozenset(
    """AT_SetStatistics AT_SetOptions AT_ResetOptions AT_ClusterOn AT_DropCluster
    AT_ValidateConstraint AT_AttachPartition AT_DetachPartitionFinalize""".split()
)
_SHARE_ROW_EXCLUSIVE = frozenset(
    """AT_EnableTrig AT_EnableAlwaysTrig AT_EnableReplicaTrig AT_EnableTrigAll AT_EnableTrigUser
    AT_DisableTrig AT_DisableTrigAll AT_DisableTrigUser""".split()
)


def alter_table_stmt(at: Situation) -> Prediction:
    """ALTER … of any kind of relation."""
    node = at.node
    target = node.get("relation") or {}
    table = at.relation_name(target)
    missing_ok = bool(node.get("missing_ok", False))
    if missing_ok and at.catalog.complete and at.relation(table) is None and at.index(table) is None:
        return Prediction()
    if node.get("objtype") == "OBJECT_INDEX" or at.index(table) is not None:
        return alter_indexes.alter_index(at, table, [body(item) for item in node.get("cmds") or ()])
    commands = list(enumerate(body(item) for item in node.get("cmds") or ()))
    mode, strongest = _lock_mode(commands, at)
    found: list[Effect] = [lock(table, mode, clause=strongest)]
    dropped = frozenset(
        str(command.get("name")) for _, command in commands if command["subtype"] == "AT_DropConstraint"
    )
    forbidden, refused = False, of_statement(command for _, command in commands)
    for number, command in sorted(commands, key=lambda item: _pass(item[1])):
        clause = Clause(at, table, command, number, mode, bool(target.get("inh", False)), dropped)
        refused = refused or refusal(clause) or refused_for_use(clause)
        handler = _HANDLERS.get(command["subtype"])
        effects = list(handler(clause)) if handler else [alter_options.not_known(clause)]
        found += effects
        at = at.with_catalog(fold_all(at.catalog, effects, at.origin))
        forbidden = forbidden or (
            command["subtype"] == "AT_DetachPartition" and bool(clause.definition.get("concurrent"))
        )
    rule = TransactionRule.FORBIDDEN if forbidden else TransactionRule.ALLOWED
    return Prediction(tuple(found), rule, refused)


def _pass(command: Node) -> int:
    name = command["subtype"]
    if name == "AT_AddConstraint" and body(command.get("def") or {}).get("contype") in _INDEXED:
        name = "AT_AddConstraint:index"
    return _PASS_OF.get(name, _LAST)


def _lock_mode(commands: list[tuple[int, Node]], at: Situation) -> tuple[Mode, int | None]:
    """The strongest mode that a clause needs, and the clause."""
    strongest, clause = Mode.ShareUpdateExclusiveLock, None
    for number, command in commands:
        mode = _mode_of(command, at)
        if clause is None or mode.rank > strongest.rank:
            strongest, clause = mode, number
    return strongest, clause


def _mode_of(command: Node, at: Situation) -> Mode:
    name = command["subtype"]
    definition = command.get("def") or {}
    if name in _SHARE_UPDATE_EXCLUSIVE:
        return Mode.ShareUpdateExclusiveLock
    if name in _SHARE_ROW_EXCLUSIVE:
        return Mode.ShareRowExclusiveLock
    if name == "AT_AddConstraint" and body(definition).get("contype") == "CONSTR_FOREIGN":
        return Mode.ShareRowExclusiveLock
    if name == "AT_DetachPartition" and body(definition).get("concurrent"):
        return Mode.ShareUpdateExclusiveLock
    if name in ("AT_SetRelOptions", "AT_ResetRelOptions", "AT_ReplaceRelOptions"):
        items = body(definition).get("items") or []
        return alter_options.mode_of_options(list(options(items)))
    return Mode.AccessExclusiveLock
