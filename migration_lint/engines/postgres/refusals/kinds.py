"""Which kinds of relations a clause of ALTER TABLE is for: ``ATSimplePermissions``."""

from __future__ import annotations

from migration_lint.engines.postgres.statements.alteration import Clause
from migration_lint.names import bare
from migration_lint.schema import RelationKind

_TABLE = frozenset([RelationKind.TABLE])
_DIVIDED = _TABLE | {RelationKind.PARTITIONED_TABLE}
_FOREIGN = _DIVIDED | {RelationKind.FOREIGN_TABLE}
_KINDS = {
    **dict.fromkeys(
        """AT_SetNotNull AT_DropNotNull AT_AddConstraint AT_DropConstraint AT_ValidateConstraint
        AT_AddInherit AT_DropInherit""".split(),
        _FOREIGN,
    ),
    **dict.fromkeys(
        """AT_ReplicaIdentity AT_EnableRowSecurity AT_DisableRowSecurity AT_ForceRowSecurity
        AT_NoForceRowSecurity AT_AddOf AT_DropOf AT_AlterConstraint AT_EnableRule AT_EnableAlwaysRule
        AT_EnableReplicaRule AT_DisableRule""".split(),
        _DIVIDED,
    ),
    **dict.fromkeys(
        "AT_AddColumn AT_DropColumn AT_AlterColumnType".split(), _FOREIGN | {RelationKind.COMPOSITE_TYPE}
    ),
    **dict.fromkeys(
        "AT_AttachPartition AT_DetachPartition".split(), frozenset([RelationKind.PARTITIONED_TABLE])
    ),
    **dict.fromkeys("AT_AddIdentity AT_SetIdentity AT_DropIdentity".split(), _FOREIGN | {RelationKind.VIEW}),
    "AT_ColumnDefault": _FOREIGN | {RelationKind.VIEW},
}
_PERSISTENCE = frozenset(["AT_SetLogged", "AT_SetUnLogged"])


def wrong_kind(clause: Clause) -> str | None:
    """Why the clause is not for the kind of relation that is named."""
    kind = clause.known.kind
    name = clause.command["subtype"]
    allowed = _KINDS.get(name)
    if name in _PERSISTENCE:
        allowed = _TABLE if clause.at.version >= 18 else _DIVIDED
        if clause.at.version >= 15:
            allowed |= {RelationKind.SEQUENCE}
    if allowed is None or kind in allowed:
        return None
    if name in ("AT_AttachPartition", "AT_DetachPartition"):
        return f'table "{bare(clause.table)}" is not partitioned'
    return f'"{bare(clause.table)}" is a {kind.value}, which has no such clause'
