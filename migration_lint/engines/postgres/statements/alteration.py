"""What one clause of an ALTER TABLE finds: shared by the modules that predict the clauses."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from migration_lint.effects import Effect, IndexBuild
from migration_lint.engines.postgres.definitions import implied_not_null
from migration_lint.engines.postgres.locks import Mode
from migration_lint.engines.postgres.nodes import Node, body
from migration_lint.engines.postgres.prediction import lock, rewrite, scan
from migration_lint.engines.postgres.situation import Situation
from migration_lint.folding.registry import with_column
from migration_lint.schema import Column, Constraint, Index, Relation, RelationKind

_STORED = (RelationKind.TABLE, RelationKind.MATERIALIZED_VIEW)


class Clause(Struct, frozen=True):
    """One clause. `command` are an AlterTableCmd's fields, `number` its place in the statement.

    `mode` is the lock of the whole statement: clauses that go down to partitions and heirs take it
    there too. `dropped` are the constraints that the same statement drops: the server drops them
    first. `recurse` is false for ``ONLY``.
    """

    at: Situation
    table: str
    command: Node
    number: int
    mode: Mode = Mode.AccessExclusiveLock
    recurse: bool = True
    dropped: frozenset[str] = frozenset()

    def with_situation(self, at: Situation) -> Clause:
        """The same clause, later in the statement."""
        return replace(self, at=at)

    def with_column(self, column: Column) -> Clause:
        """The same clause, where the table has the column already."""
        table = with_column(self.known, column)
        return self.with_situation(self.at.with_catalog(self.at.catalog.with_relation(table)))

    def not_null_named(self, name: str) -> Constraint | None:
        """The NOT NULL of a column to which the server itself gave that name (18 and later)."""
        return implied_not_null(self.known, name) if self.at.version >= 18 else None

    @property
    def relation(self) -> Relation | None:
        """The table, if known."""
        return self.at.relation(self.table)

    @property
    def known(self) -> Relation:
        """The table; one of which only the name is known, where it was never seen."""
        return self.relation or Relation(self.table, complete=False)

    @property
    def name(self) -> str:
        """What the clause names: a column, a constraint, a trigger."""
        return str(self.command.get("name", ""))

    @property
    def definition(self) -> Node:
        """The fields of its definition node."""
        return body(self.command.get("def") or {})

    @property
    def cascade(self) -> bool:
        """Whether it says CASCADE."""
        return self.command.get("behavior") == "DROP_CASCADE"

    @property
    def missing_ok(self) -> bool:
        """Whether it says IF EXISTS or IF NOT EXISTS."""
        return bool(self.command.get("missing_ok", False))

    def family(self) -> list[Relation]:
        """The table and, unless ONLY, all its partitions or heirs; the tables OF a composite type."""
        if self.known.kind is RelationKind.COMPOSITE_TYPE:
            typed = [one for one in self.at.catalog.relations.values() if one.of_type == self.table]
            return [self.known, *sorted(typed, key=lambda one: one.name)]
        return [self.known, *self.below()] if self.recurse else [self.known]

    def below(self) -> list[Relation]:
        """All partitions or heirs of the table, each once."""
        return list({child.name: child for child in self.at.catalog.descendants(self.table)}.values())

    def receivers(self, has: Callable[[Relation], bool]) -> tuple[list[Relation], list[Relation]]:
        """(those that get something new, those that have it): the table and what is below it.

        An heir that has it already (`has`) merges it with its own, and nothing below it is looked at.
        """
        new, merged = [self.known], list[Relation]()
        queue = list(self.at.catalog.children(self.table)) if self.recurse else []
        while queue:
            heir = queue.pop(0)
            if heir in new or heir in merged:
                continue
            if has(heir):
                merged.append(heir)
            else:
                new.append(heir)
                queue += self.at.catalog.children(heir.name)
        return new, merged

    def partitions(self) -> list[Relation]:
        """The partitions below the table, all levels."""
        return [child for child in self.at.catalog.descendants(self.table) if child.bound is not None]

    def locked(self, tables: list[Relation], mode: Mode) -> Iterator[Effect]:
        """The same lock on several tables."""
        for table in tables:
            yield lock(table.name, mode, clause=self.number)

    def scanned(self, table: Relation, *, certain: bool = True) -> Iterator[Effect]:
        """Every row is read; a partitioned table has none of its own."""
        if table.kind in _STORED:
            yield scan(table.name, certain=certain, clause=self.number)

    def rewritten(self, table: Relation, *, certain: bool = True) -> Iterator[Effect]:
        """The table is written anew; a partitioned table has nothing of its own to write."""
        if table.kind in _STORED:
            yield from rewrite(self.at.catalog, table.name, certain=certain, clause=self.number)

    def built(self, index: Index) -> Iterator[Effect]:
        """An index is built from the rows of its table; a partitioned table has none of its own."""
        table = self.at.relation(index.relation) or Relation(index.relation, complete=False)
        if table.kind in _STORED:
            yield scan(table.name, clause=self.number)
            yield IndexBuild(relation=table.name, index=index.name, clause=self.number)
