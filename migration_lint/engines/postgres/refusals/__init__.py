"""Why the server refuses a clause of ALTER TABLE, where the catalog is enough to be certain of it.

One generator of reasons per kind of clause, after the checks of ``commands/tablecmds.c``. What depends
on rows (a violated constraint, a value that does not fit) is nobody's to know here. A table that the
catalog knows in part only, or a catalog that lost track, refuses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from migration_lint.engines.postgres.nodes import Node
from migration_lint.engines.postgres.refusals import columns, constraints, options, partitions, types
from migration_lint.engines.postgres.refusals.kinds import wrong_kind
from migration_lint.engines.postgres.statements.alteration import Clause

Reasons = Callable[[Clause], Iterator[str]]

_REASONS: dict[str, Reasons] = {
    "AT_AddColumn": columns.add_column,
    "AT_DropColumn": columns.drop_column,
    "AT_ColumnDefault": columns.column_default,
    "AT_SetNotNull": columns.set_not_null,
    "AT_DropNotNull": columns.drop_not_null,
    "AT_AddIdentity": columns.add_identity,
    "AT_SetIdentity": columns.set_identity,
    "AT_DropIdentity": columns.drop_identity,
    "AT_SetExpression": columns.set_expression,
    "AT_DropExpression": columns.drop_expression,
    "AT_SetStatistics": columns.named_column,
    "AT_SetOptions": columns.named_column,
    "AT_ResetOptions": columns.named_column,
    "AT_SetStorage": columns.set_storage,
    "AT_SetCompression": columns.set_compression,
    "AT_AlterColumnType": types.alter_column_type,
    "AT_AddConstraint": constraints.add_constraint,
    "AT_ValidateConstraint": constraints.validate_constraint,
    "AT_AlterConstraint": constraints.alter_constraint,
    "AT_DropConstraint": constraints.drop_constraint,
    "AT_AttachPartition": partitions.attach_partition,
    "AT_DetachPartition": partitions.detach_partition,
    "AT_AddInherit": partitions.add_inherit,
    "AT_DropInherit": partitions.drop_inherit,
    **options.REASONS,
}


def of_statement(commands: Iterable[Node]) -> str | None:
    """Why the clauses cannot stand together."""
    changed: set[str] = set()
    for command in commands:
        if command["subtype"] == "AT_AlterColumnType":
            name = str(command.get("name"))
            if name in changed:
                return f'cannot alter type of column "{name}" twice'
            changed.add(name)
    return None


def refusal(clause: Clause) -> str | None:
    """The first reason for which the server certainly refuses the clause."""
    known = clause.relation
    if known is None or not known.complete or not clause.at.catalog.certain:
        return None
    reason = wrong_kind(clause)
    reasons = _REASONS.get(clause.command["subtype"])
    if reason is None and reasons is not None:
        reason = next(reasons(clause), None)
    return reason
