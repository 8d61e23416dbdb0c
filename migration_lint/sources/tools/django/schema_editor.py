"""What Django's schema editor runs on PostgreSQL: tables, fields, and the statements that wait for the end.

https://github.com/django/django/blob/main/django/db/backends/base/schema.py and
``django/db/backends/postgresql/schema.py``; compared with what Django runs in the tests. Foreign keys and
indexes of new columns are *deferred*: they run when all operations of the migration have.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from migration_lint.names import quoted
from migration_lint.sources import ddl
from migration_lint.sources.python.values import Call, NotLiteral
from migration_lint.sources.tools.django.defaults import database_default, effective_default
from migration_lint.sources.tools.django.expressions import expression
from migration_lint.sources.tools.django.fields import Column, column_of, referred, through_model
from migration_lint.sources.tools.django.naming import derived_name, foreign_key_name, server_name
from migration_lint.sources.tools.django.state import Field, Model, Named, State

DEFERRABLE = "DEFERRABLE INITIALLY DEFERRED"


class Place(Struct, frozen=True):
    """The operation that a statement comes from: offsets in the document; where its SQL is text there."""

    start: int
    end: int
    pieces: tuple[tuple[int, int, int], ...] = ()


class Statement(Struct, frozen=True):
    """SQL, and where it comes from. `opaque`: it only names Python code."""

    sql: str
    place: Place
    opaque: bool = False


class Deferred(Struct):
    """A statement that waits for the end of the migration. Its names follow renames until then."""

    kind: str
    """``foreign``, ``index``, ``unique`` or ``unique index``."""
    table: str
    columns: list[str]
    place: Place
    name: str | None = None
    suffix: str = ""
    to_table: str = ""
    to_column: str = ""
    operators: str = ""
    rest: str = ""
    parts: tuple[str, ...] = ()
    """The parts of an index, where they are more than columns."""
    using: str = ""

    def named(self) -> str:
        """The name that it has now."""
        if self.name is not None:
            return self.name
        if self.kind == "foreign":
            return foreign_key_name(
                self.table, self.columns[0], self.to_table, self.to_column, "_fk_TABLE_COLUMN"
            )
        return derived_name(self.table, self.columns, "_uniq" if self.kind == "unique" else self.suffix)

    def sql(self) -> str:
        """The statement."""
        table, name = ddl.table(self.table), self.named()
        if self.kind == "foreign":
            key = ddl.foreign_key(self.columns, ddl.table(self.to_table), [self.to_column])
            return f"ALTER TABLE {table} ADD CONSTRAINT {quoted(name)} {key} {DEFERRABLE}"
        if self.kind == "unique":
            listed = "" if self.rest.startswith(" NULLS") else f" {ddl.columns(self.columns)}"
            clause = f"UNIQUE{listed}{self.rest}"
            return f"ALTER TABLE {table} ADD CONSTRAINT {quoted(name)} {clause}"
        parts = self.parts or tuple(quoted(each) + self.operators for each in self.columns)
        word = "UNIQUE " if self.kind == "unique index" else ""
        return f"CREATE {word}INDEX {quoted(name)} ON {table}{self.using} ({', '.join(parts)}){self.rest}"

    def made(self) -> Named:
        """What the table has, once it has run."""
        btree = not self.using or "btree" in self.using
        kind = self.kind
        return Named(
            self.named(), kind, () if self.parts and not self.columns else tuple(self.columns), btree
        )


class SchemaEditor:
    """Collects the statements of a migration in one direction, as a version of Django writes them."""

    def __init__(
        self, tables: Mapping[str, tuple[Named, ...]], auto_field: str, version: tuple[int, int]
    ) -> None:
        self.tables = {table: list(names) for table, names in tables.items()}
        self.auto_field = auto_field
        self.version = version
        self.statements: list[Statement] = []
        self.deferred: list[Deferred] = []
        self.place = Place(0, 0)
        self.unread: list[tuple[int, str]] = []

    # --- the ledger ------------------------------------------------------------------------------

    def execute(self, *statements: str) -> None:
        """Run statements."""
        self.statements += [Statement(sql, self.place) for sql in statements]

    def has(self, table: str, *made: Named) -> None:
        """Note what a table has now."""
        self.tables.setdefault(table, []).extend(made)

    def names(
        self, table: str, columns: Sequence[str] | None, kinds: Iterable[str], exclude: Iterable[str] = ()
    ) -> list[Named]:
        """The constraints and indexes of exactly these columns."""
        kinds, exclude = set(kinds), set(exclude)
        return [
            each
            for each in self.tables.get(table, ())
            if (columns is None or each.columns == tuple(columns))
            and each.kind in kinds
            and each.name not in exclude
        ]

    def lacks(self, table: str, name: str) -> None:
        """Note that a table no longer has it."""
        self.tables[table] = [each for each in self.tables.get(table, ()) if each.name != name]

    def tell(self, problem: NotLiteral) -> None:
        """Note what was not understood of the present operation."""
        self.unread.append((self.place.start, problem.why))

    def run(self, waiting: Deferred) -> None:
        """Run a statement that need not wait."""
        self.execute(waiting.sql())
        self.has(waiting.table, waiting.made())

    def finish(self) -> None:
        """Run what was deferred."""
        for waiting in self.deferred:
            self.place = waiting.place
            self.run(waiting)
        self.deferred = []

    # --- tables ----------------------------------------------------------------------------------

    def create_model(self, model: Model, state: State) -> None:
        """A table with all that belongs to it."""
        from migration_lint.sources.tools.django.indexes import inline_constraint, meta_index

        table = model.db_table
        for fields in model.unique_together:
            if columns := self.columns_of(model, fields):
                self.deferred.append(Deferred("unique", table, columns, self.place))
        parts = []
        later: list[Deferred] = []
        for field in model.columns:
            try:
                column = column_of(field, state)
                if column.type is None:
                    continue
                sql = f"{quoted(field.column)} {self._definition(field, model, column, state)}"
            except NotLiteral as problem:
                self.tell(problem)
                continue
            parts.append(sql + _check(column))
            self._note_inline(table, field, column)
            if field.constrained:
                self.deferred.append(self.foreign_key(model, field, state))
            later += self.field_indexes(model, field, state)
        for constraint in model.constraints:
            try:
                clause, waiting, made = inline_constraint(constraint, model, self.place)
            except NotLiteral as problem:
                self.tell(problem)
                continue
            parts += [clause] if clause else []
            self.deferred += [waiting] if waiting else []
            self.has(table, *made)
        self.execute(f"CREATE TABLE {ddl.table(table)} ({', '.join(parts)})")
        if model.comment:
            self.execute(f"COMMENT ON TABLE {ddl.table(table)} IS {ddl.literal(model.comment)}")
        for field in model.columns:
            if isinstance(comment := field.given.get("db_comment"), str) and comment:
                self.execute(self.comment(table, field.column, comment))
        for fields in model.index_together:
            if columns := self.columns_of(model, fields):
                later.append(Deferred("index", table, columns, self.place, suffix="_idx"))
        for index in model.indexes:
            try:
                later.append(meta_index(index, model, self.place))
            except NotLiteral as problem:
                self.tell(problem)
        self.deferred += later
        for field in model.fields:
            if (through := through_model(model, field, state, self.auto_field)) is not None:
                self.create_model(through, state)

    def delete_model(self, model: Model, state: State) -> None:
        """The table is gone, and so are its many-to-many tables."""
        for field in model.fields:
            if (through := through_model(model, field, state, self.auto_field)) is not None:
                self.delete_model(through, state)
        self.execute(f"DROP TABLE {ddl.table(model.db_table)} CASCADE")
        self.tables.pop(model.db_table, None)
        self.deferred = [each for each in self.deferred if model.db_table not in (each.table, each.to_table)]

    def rename_table(self, old: str, new: str) -> None:
        """A table's new name."""
        if old == new:
            return
        self.execute(f"ALTER TABLE {ddl.table(old)} RENAME TO {ddl.table(new)}")
        self.tables[new] = self.tables.pop(old, [])
        for waiting in self.deferred:
            waiting.table = new if waiting.table == old else waiting.table
            waiting.to_table = new if waiting.to_table == old else waiting.to_table

    # --- fields ----------------------------------------------------------------------------------

    def add_field(self, model: Model, field: Field, state: State) -> None:
        """A column, or the table of a many-to-many field. Raises NotLiteral."""
        if field.is_many:
            if (through := through_model(model, field, state, self.auto_field)) is not None:
                self.create_model(through, state)
            return
        column = column_of(field, state)
        if column.type is None:
            return
        table = ddl.table(model.db_table)
        name = quoted(field.column)
        default = None if field.has_database_default else effective_default(field, state)
        sql = f"ALTER TABLE {table} ADD COLUMN {name} "
        sql += self._definition(field, model, column, state, default) + _check(column)
        after = []
        self._note_inline(model.db_table, field, column)
        if field.constrained:
            key = self.foreign_key(model, field, state)
            to = f"{ddl.table(key.to_table)} ({quoted(key.to_column)})"
            sql += f" CONSTRAINT {quoted(key.named())} REFERENCES {to} {DEFERRABLE}"
            after.append(f"SET CONSTRAINTS {quoted(key.named())} IMMEDIATE")
            self.has(model.db_table, key.made())
        self.execute(sql, *after)
        if default is not None:
            self.execute(f"ALTER TABLE {table} ALTER COLUMN {name} DROP DEFAULT")
        if isinstance(comment := field.given.get("db_comment"), str) and comment:
            self.execute(self.comment(model.db_table, field.column, comment))
        self.deferred += self.field_indexes(model, field, state)

    def remove_field(self, model: Model, field: Field, state: State) -> None:
        """The column, or the table of a many-to-many field, is gone."""
        if field.is_many:
            if (through := through_model(model, field, state, self.auto_field)) is not None:
                self.delete_model(through, state)
            return
        if field.kind == "none":
            return
        table = model.db_table
        if field.is_relation:
            self.drop_foreign_keys(table, field.column)
        cascade = " CASCADE" if self.version < (6, 1) else ""
        self.execute(f"ALTER TABLE {ddl.table(table)} DROP COLUMN {quoted(field.column)}{cascade}")
        self.tables[table] = [each for each in self.tables.get(table, ()) if field.column not in each.columns]
        self.deferred = [
            each
            for each in self.deferred
            if not (each.table == table and field.column in each.columns)
            and not (each.to_table == table and each.to_column == field.column)
        ]

    def _definition(
        self, field: Field, model: Model, column: Column, state: State, default: str | None = None
    ) -> str:
        words = [column.type or ""]
        if column.collation:
            words.append(f"COLLATE {quoted(column.collation)}")
        if field.has_database_default:
            words.append(f"DEFAULT {self.database_default(field, model)}")
        elif default is not None:
            words.append(f"DEFAULT {default}")
        if field.generated:
            stored = "STORED" if field.flag("db_persist") else "VIRTUAL"
            words.append(f"GENERATED ALWAYS AS ({expression(field.given.get('expression'), model)}) {stored}")
        else:
            words.append("NULL" if field.null else "NOT NULL")
        if field.primary_key:
            words.append("PRIMARY KEY")
        elif field.unique:
            words.append("UNIQUE")
        if column.identity:
            words.append("GENERATED BY DEFAULT AS IDENTITY")
        return " ".join(words)

    def database_default(self, field: Field, model: Model) -> str:
        """``db_default`` as SQL. Raises NotLiteral."""
        value = field.given["db_default"]
        sql = expression(value, model) if isinstance(value, Call) and value.last != "Value" else None
        return database_default(field, sql)

    def _note_inline(self, table: str, field: Field, column: Column) -> None:
        if field.primary_key:
            self.has(table, Named(server_name(table, "", "pkey"), "primary", (field.column,)))
        elif field.unique:
            self.has(table, Named(server_name(table, field.column, "key"), "unique", (field.column,)))
        if column.check:
            self.has(table, Named(server_name(table, field.column, "check"), "check", (field.column,)))

    # --- keys and indexes ------------------------------------------------------------------------

    def columns_of(self, model: Model, fields: Iterable[str]) -> list[str]:
        """The columns of some fields; empty where one is not known."""
        found = [model.field(name) for name in fields]
        if any(each is None for each in found):
            self.tell(NotLiteral(ast.Constant(None), f"the fields {', '.join(fields)} of {model.name}"))
            return []
        return [each.column for each in found if each is not None]

    def foreign_key(self, model: Model, field: Field, state: State) -> Deferred:
        """The foreign key of a relation."""
        to_table, to_column = referred(field, state)
        return Deferred(
            "foreign", model.db_table, [field.column], self.place, to_table=to_table, to_column=to_column
        )

    def drop_foreign_keys(self, table: str, column: str) -> bool:
        """Drop the foreign keys of a column; whether there were any."""
        found = self.names(table, [column], ("foreign",))
        for each in found:
            self.execute(
                f"SET CONSTRAINTS {quoted(each.name)} IMMEDIATE",
                f"ALTER TABLE {ddl.table(table)} DROP CONSTRAINT {quoted(each.name)}",
            )
            self.lacks(table, each.name)
        return bool(found)

    def drop_constraint(self, table: str, name: str) -> None:
        """Drop a constraint."""
        self.execute(f"ALTER TABLE {ddl.table(table)} DROP CONSTRAINT {quoted(name)}")
        self.lacks(table, name)

    def drop_index(self, table: str, name: str, *, concurrently: bool = False) -> None:
        """Drop an index, which may not be there."""
        self.execute(f"DROP INDEX {'CONCURRENTLY ' if concurrently else ''}IF EXISTS {quoted(name)}")
        self.lacks(table, name)
        self.deferred = [each for each in self.deferred if not (each.table == table and each.named() == name)]

    def field_indexes(self, model: Model, field: Field, state: State) -> list[Deferred]:
        """The indexes that a field brings with it."""
        found = []
        if field.indexed and not field.unique:
            found.append(self.plain_index(model, field))
        like = self.like_index(model, field, state)
        return found + ([like] if like is not None else []) + self._spatial(model, field)

    def plain_index(self, model: Model, field: Field) -> Deferred:
        """The index of ``db_index``."""
        return Deferred("index", model.db_table, [field.column], self.place)

    def like_index(self, model: Model, field: Field, state: State) -> Deferred | None:
        """The second index of a text, for LIKE."""
        if not (field.indexed or field.unique):
            return None
        column = column_of(field, state)
        kind = column.type or ""
        if "[" in kind or not kind.startswith(("varchar", "text")) or not _is_deterministic(column):
            return None
        operators = " varchar_pattern_ops" if kind.startswith("varchar") else " text_pattern_ops"
        return Deferred(
            "index", model.db_table, [field.column], self.place, suffix="_like", operators=operators
        )

    def _spatial(self, model: Model, field: Field) -> list[Deferred]:
        from migration_lint.sources.tools.django.column_types import SHAPES

        if field.kind not in SHAPES or not field.flag("spatial_index", True):
            return []
        return [
            Deferred("index", model.db_table, [field.column], self.place, suffix="_id", using=" USING gist")
        ]

    def comment(self, table: str, column: str, comment: str | None) -> str:
        """The comment of a column; Django writes an empty one where there is none."""
        return f"COMMENT ON COLUMN {ddl.table(table)}.{quoted(column)} IS {ddl.literal(comment or '')}"


def _check(column: Column) -> str:
    return f" CHECK ({column.check})" if column.check else ""


def _is_deterministic(column: Column) -> bool:
    """Whether a collation may have pattern operators; the server knows, and most are."""
    return column.collation is None or "level" not in column.collation.lower()
