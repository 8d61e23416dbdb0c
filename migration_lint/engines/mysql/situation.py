"""What a statement finds when it starts: the server, the catalog, the session, its own text."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from migration_lint.catalog import Catalog
from migration_lint.effects import Effect
from migration_lint.engines.mysql.facts import own_name
from migration_lint.engines.mysql.server import Server
from migration_lint.engines.mysql.syntax import TableName
from migration_lint.folding import fold_all
from migration_lint.model import Session
from migration_lint.schema import Index, Origin, Relation


class Situation(Struct, frozen=True):
    """The world as one statement finds it."""

    server: Server
    catalog: Catalog
    session: Session
    sql: str
    origin: Origin | None
    unit: str = ""

    @property
    def database(self) -> str:
        """The database of USE; empty where none was named."""
        return self.session.search_path[0] if self.session.search_path else ""

    @property
    def inline_references(self) -> bool:
        """Whether REFERENCES of a column makes a foreign key: since MySQL 9.0 and MariaDB 10.5."""
        return self.server.mysql_from(9, 0) or self.server.mariadb_from(10, 5)

    def after(self, changes: list[Effect]) -> Situation:
        """The same after some changes: between two clauses of one statement."""
        return replace(self, catalog=fold_all(self.catalog, changes, self.origin))

    def new_name(self, table: TableName) -> str:
        """The name under which a table is made."""
        database = table.database or self.database
        return f"{database}.{table.name}" if database else table.name

    def relation_name(self, table: TableName) -> str:
        """The name in the catalog of a table that a statement names.

        Where no USE says which database, the one table of that name is meant.
        """
        name = self.new_name(table)
        if name in self.catalog.relations:
            return name
        if table.database is not None:
            bare = table.name
            return bare if not self.database and bare in self.catalog.relations else name
        if not self.database:
            ending = f".{table.name}"
            found = [known for known in self.catalog.relations if known.endswith(ending)]
            if len(found) == 1:
                return found[0]
        return name

    def relation(self, name: str) -> Relation | None:
        """The relation of that name, if known."""
        return self.catalog.relation(name)

    def index(self, table: str, name: str) -> Index | None:
        """An index of a table by its own name."""
        lower = name.lower()
        found = self.catalog.indexes_on(table)
        return next((index for index in found if own_name(index).lower() == lower), None)

    def free_index_name(self, table: str, column: str) -> str:
        """The name that the server gives to an index without one."""
        taken = {own_name(index) for index in self.catalog.indexes_on(table)}
        if column not in taken:
            return column
        number = 2
        while f"{column}_{number}" in taken:
            number += 1
        return f"{column}_{number}"
