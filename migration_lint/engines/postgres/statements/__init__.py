"""What each kind of statement does: one module per family, found by the tag of its node.

A handler is ``name(at: Situation) -> Prediction``. A tag that is not here is `Unknown`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module
from types import ModuleType

from migration_lint.engines.postgres.prediction import Prediction
from migration_lint.engines.postgres.situation import Situation

Handler = Callable[[Situation], Prediction]

_FAMILIES = {
    "alter_table": "AlterTableStmt",
    "renames": "RenameStmt AlterObjectSchemaStmt AlterOwnerStmt",
    "tablespaces": "AlterTableMoveAllStmt",
    "tables": "CreateStmt CreateForeignTableStmt TruncateStmt",
    "created_from": "CreateTableAsStmt",
    "indexes": "IndexStmt ReindexStmt",
    "drops": "DropStmt",
    "schemas": "CreateSchemaStmt CreatedbStmt DropdbStmt AlterDatabaseStmt AlterDatabaseSetStmt "
    "CreateExtensionStmt AlterExtensionStmt AlterExtensionContentsStmt CreateTableSpaceStmt "
    "DropTableSpaceStmt AlterDatabaseRefreshCollStmt AlterTableSpaceOptionsStmt",
    "views": "ViewStmt RefreshMatViewStmt RuleStmt",
    "sequences": "CreateSeqStmt AlterSeqStmt",
    "types": "CreateEnumStmt AlterEnumStmt CreateDomainStmt AlterDomainStmt CompositeTypeStmt "
    "CreateRangeStmt DefineStmt AlterTypeStmt",
    "routines": "CreateFunctionStmt AlterFunctionStmt DoStmt CallStmt ExecuteStmt PrepareStmt DeallocateStmt "
    "Program",
    "triggers": "CreateTrigStmt CreatePolicyStmt AlterPolicyStmt CreateEventTrigStmt AlterEventTrigStmt",
    "grants": "GrantStmt GrantRoleStmt AlterDefaultPrivilegesStmt CreateRoleStmt AlterRoleStmt "
    "AlterRoleSetStmt DropRoleStmt DropOwnedStmt ReassignOwnedStmt",
    "comments": "CommentStmt SecLabelStmt CreateStatsStmt AlterStatsStmt",
    "publications": "CreatePublicationStmt AlterPublicationStmt CreateSubscriptionStmt "
    "AlterSubscriptionStmt DropSubscriptionStmt",
    "rows": "InsertStmt UpdateStmt DeleteStmt MergeStmt SelectStmt CopyStmt LockStmt ExplainStmt "
    "DeclareCursorStmt",
    "maintenance": "VacuumStmt ClusterStmt RepackStmt CheckPointStmt AlterSystemStmt",
    "transactions": "TransactionStmt VariableSetStmt VariableShowStmt DiscardStmt ConstraintsSetStmt",
    "others": "CreateCastStmt CreateConversionStmt CreateTransformStmt CreateOpClassStmt "
    "CreateOpFamilyStmt AlterOpFamilyStmt AlterOperatorStmt AlterTSConfigurationStmt "
    "AlterTSDictionaryStmt CreateFdwStmt AlterFdwStmt CreateForeignServerStmt "
    "AlterForeignServerStmt CreateUserMappingStmt AlterUserMappingStmt DropUserMappingStmt "
    "ImportForeignSchemaStmt CreatePLangStmt CreateAmStmt ListenStmt UnlistenStmt NotifyStmt "
    "LoadStmt FetchStmt ClosePortalStmt AlterCollationStmt AlterObjectDependsStmt",
}
_FAMILY_OF = {tag: family for family, tags in _FAMILIES.items() for tag in tags.split()}
_found: dict[str, Handler | None] = {}


def handler_of(tag: str) -> Handler | None:
    """The handler of a statement's node tag: ``IndexStmt`` is ``index_stmt`` of its family's module.

    A family of statements that are all alike has one ``any_stmt``.
    """
    if tag not in _found:
        family = _FAMILY_OF.get(tag)
        module = import_module(f"{__name__}.{family}") if family else None
        _found[tag] = _handler_in(module, tag) if module else None
    return _found[tag]


def _handler_in(module: ModuleType, tag: str) -> Handler | None:
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", tag).lower()
    return getattr(module, name, None) or getattr(module, "any_stmt", None)
