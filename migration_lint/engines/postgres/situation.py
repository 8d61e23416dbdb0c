"""What a statement finds when it starts: the server's version, the catalog, the session, its own text.

Handlers ask it to resolve names the way the server does, by ``search_path``.
"""

from __future__ import annotations

from msgspec import Raw, Struct
from msgspec.json import encode
from msgspec.structs import replace

from migration_lint.catalog import Catalog
from migration_lint.engines.postgres import expressions
from migration_lint.engines.postgres.nodes import Node
from migration_lint.engines.postgres.parse import Statement
from migration_lint.engines.postgres.scan import COLUMN_WORDS, after_word, in_parentheses
from migration_lint.engines.postgres.types import read_type
from migration_lint.model import Session
from migration_lint.schema import Expression, Index, Origin, Relation, Routine, Type


class Situation(Struct, frozen=True):
    """The world as one statement finds it. `version` is the server's major version."""

    version: int
    catalog: Catalog
    session: Session
    statement: Statement
    sql: str
    origin: Origin | None
    tool: str = "sql"

    @property
    def node(self) -> Node:
        """The fields of the statement's node."""
        return self.statement.node

    @property
    def tree(self) -> Node:
        """The statement's node under its tag."""
        return {self.statement.tag: self.statement.node}

    def with_catalog(self, catalog: Catalog) -> Situation:
        """The same with another catalog: between two clauses of one statement."""
        return replace(self, catalog=catalog)

    def within(self, node: Node) -> Situation:
        """The same for a statement inside the statement: EXPLAIN's, CREATE SCHEMA's; `node` is tagged."""
        inner = replace(self.statement, tag=next(iter(node)), raw=Raw(encode(node)))
        return replace(self, statement=inner)

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction block is open, the server's implicit one included."""
        return self.session.transaction is not None

    # --- names -------------------------------------------------------------------------------

    @property
    def creation_schema(self) -> str:
        """Where an object is created that names no schema: the first of the path that exists."""
        listed = [schema for schema in self.session.search_path if schema != "$user"] or ["public"]
        if not self.catalog.complete:
            return listed[0]
        return next((schema for schema in listed if schema in self.catalog.schemas), listed[0])

    def relation_name(self, node: Node) -> str:
        """The qualified name of a RangeVar's fields: what exists, else where it would be made."""
        name = node.get("relname", "")
        schema = node.get("schemaname")
        if schema:
            return f"{schema}.{name}"
        if node.get("relpersistence") == "t":
            return f"pg_temp.{name}"
        found = self.existing(name)
        if found is None and name.startswith("pg_"):  # pg_catalog is searched, whatever the path says
            return f"pg_catalog.{name}"
        return found or f"{self.creation_schema}.{name}"

    def new_name(self, node: Node) -> str:
        """The qualified name under which a RangeVar's fields create a relation."""
        name = node.get("relname", "")
        schema = node.get("schemaname")
        if schema:
            return f"{schema}.{name}"
        if node.get("relpersistence") == "t":
            return f"pg_temp.{name}"
        return f"{self.creation_schema}.{name}"

    def existing(self, name: str) -> str | None:
        """The relation or index of that bare name that the search path finds first."""
        for schema in ("pg_temp", *self.session.search_path):
            qualified = f"{schema}.{name}"
            if qualified in self.catalog.relations or qualified in self.catalog.indexes:
                return qualified
        return None

    def qualified(self, parts: list[str]) -> str:
        """The qualified name of a relation or index named by its parts."""
        if len(parts) > 1:
            return ".".join(parts[-2:])
        return self.existing(parts[0]) or f"{self.creation_schema}.{parts[0]}" if parts else ""

    def relation(self, name: str) -> Relation | None:
        """The relation of that qualified name, if known."""
        return self.catalog.relation(name)

    def index(self, name: str) -> Index | None:
        """The index of that qualified name, if known."""
        return self.catalog.index(name)

    def type_name(self, parts: list[str]) -> str:
        """The qualified name of a user's type, domain or row type named by its parts."""
        if len(parts) > 1:
            return ".".join(parts[-2:])
        for schema in ("pg_temp", *self.session.search_path):
            qualified = f"{schema}.{parts[0]}"
            if qualified in self.catalog.types or qualified in self.catalog.relations:
                return qualified
        return f"{self.creation_schema}.{parts[0]}"

    def type(self, node: Node) -> Type:
        """The type of a TypeName's fields."""
        return read_type(node, self.type_name)[0]

    def column_type(self, node: Node) -> tuple[Type, bool]:
        """The type of a TypeName's fields, and whether it is one of the serial pseudo-types."""
        return read_type(node, self.type_name)

    def routine(self, parts: list[str]) -> Routine | None:
        """A function or procedure that a migration made, named by its parts."""
        if len(parts) > 1:
            return self.catalog.routines.get(".".join(parts[-2:]))
        for schema in self.session.search_path:
            found = self.catalog.routines.get(f"{schema}.{parts[0]}") if parts else None
            if found is not None:
                return found
        return None

    # --- expressions and text ----------------------------------------------------------------

    def expression(self, node: Node | None, text: str) -> Expression | None:
        """The value for an expression's node."""
        return expressions.expression(node, text, self.routine)

    def offset(self, node: Node) -> int:
        """Where a node stands in the statement's text, in characters; 0 where it does not say."""
        location = node.get("location", -1)
        return max(0, self.statement.offset(location)) if location >= 0 else 0

    def default_text(self, node: Node) -> str:
        """The expression after DEFAULT of a column's constraint node."""
        return after_word(self.sql, "default", self.offset(node), COLUMN_WORDS)

    def check_text(self, node: Node) -> str:
        """The expression in the parentheses of a CHECK constraint's node."""
        return in_parentheses(self.sql, "check", self.offset(node))

    def generated_text(self, node: Node) -> str:
        """The expression in the parentheses of GENERATED ALWAYS AS."""
        return in_parentheses(self.sql, "as", self.offset(node))

    def where_text(self) -> str:
        """The condition of an UPDATE, DELETE or partial index."""
        return after_word(self.sql, "where", 0, frozenset(("returning",)))
