"""What the partition clauses need. They take no ALGORITHM everywhere, and some ignore it.

https://dev.mysql.com/doc/refman/8.4/en/innodb-online-ddl-operations.html#online-ddl-partitioning
"""

from __future__ import annotations

from migration_lint.engines.mysql.online.need import Need, Work, copied
from migration_lint.engines.mysql.server import Server
from migration_lint.engines.mysql.syntax import (
    AddPartition,
    ExchangePartition,
    PartitionBy,
    PartitionWork,
)
from migration_lint.schema import Relation

PartitionAction = PartitionBy | AddPartition | PartitionWork | ExchangePartition
_COPIED = "the rows of the partitions are copied"
_DIVIDED = ("hash", "key")


def partition_need(server: Server, table: Relation | None, action: PartitionAction) -> Need:
    """What the clause needs."""
    if isinstance(action, PartitionBy):
        return copied("the table is divided anew", reasoned=False)
    if isinstance(action, ExchangePartition):
        return Need(False, rename=True)
    if isinstance(action, AddPartition):
        key = table.partition_key if table is not None else None
        if action.number is not None or (key is not None and key.strategy in _DIVIDED):
            return _rows_move(server)
        return Need(False)
    if action.action == "coalesce":
        return _rows_move(server)
    if action.action in ("reorganize", "rebuild"):
        return Need(False, Work.REBUILD, shared=True, offline=True, why=_COPIED)
    if action.action == "optimize":
        return Need(False, Work.REBUILD)
    if action.action == "repair":
        return Need(False, Work.METADATA, shared=True)
    if action.action in ("convert to table", "convert table", "discard", "import", "truncate"):
        return Need(False, rename=True)
    return Need(False)


def _rows_move(server: Server) -> Need:
    if server.mysql_from(8, 0, 12):
        return Need(False, Work.REBUILD, shared=True, why=_COPIED)
    return copied(_COPIED, offline=True)


def takes_algorithm(server: Server, action: PartitionAction) -> bool:
    """Whether the clause may stand beside ALGORITHM= and LOCK=, and they mean something."""
    if isinstance(action, PartitionBy):
        return True
    if isinstance(action, ExchangePartition) or not server.mysql_from(8, 0, 12):
        return False
    return not (
        isinstance(action, PartitionWork)
        and action.action in ("truncate", "check", "analyze", "optimize", "repair")
    )
