"""What a clause finds around it."""

from __future__ import annotations

from msgspec import Struct

from migration_lint.catalog import Catalog
from migration_lint.engines.mysql import syntax as s
from migration_lint.engines.mysql.online.columns import Session
from migration_lint.engines.mysql.online.need import Table
from migration_lint.engines.mysql.server import Server
from migration_lint.schema import Relation


class Context(Struct, frozen=True):
    """A statement's surroundings: the table as it is, and all clauses of the statement."""

    server: Server
    catalog: Catalog
    relation: Relation | None
    table: Table
    session: Session
    actions: tuple[s.Action, ...]
    filled: bool = True
