"""What Django runs when a field becomes another: type, NULL, default, unique, index, foreign key, name.

https://github.com/django/django/blob/main/django/db/backends/base/schema.py (``_alter_field``), in its order.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from msgspec.structs import replace

from migration_lint.names import quoted
from migration_lint.sources import ddl
from migration_lint.sources.python.values import Call, NotLiteral
from migration_lint.sources.tools.django.column_types import AUTO, POSITIVE
from migration_lint.sources.tools.django.defaults import effective_default
from migration_lint.sources.tools.django.fields import (
    Column,
    column_of,
    data_type,
    differs,
    target_of,
    through_model,
)
from migration_lint.sources.tools.django.naming import derived_name, foreign_key_name
from migration_lint.sources.tools.django.schema_editor import DEFERRABLE, Deferred, SchemaEditor
from migration_lint.sources.tools.django.state import Field, Model, Named, State

_INDEXES = ("index", "unique index")


def alter_field(
    editor: SchemaEditor, model: Model, old: Field, new: Field, before: State, after: State
) -> None:
    """From the old field to the new one, on the model's table. Raises NotLiteral."""
    if not differs(old, new, before, after):
        return
    if old.is_many and new.is_many:
        alter_many_to_many(editor, model, old, new, before, after)
        return
    if old.unread is not None and new.unread is not None and old.path == new.path:
        _alter_known(editor, model, old, new)
        return
    if old.is_many or new.is_many or old.kind == "none" or new.kind == "none":
        if old.kind == new.kind:
            return
        raise NotLiteral(
            ast.Constant(None), f"{new.name} becomes a field of another nature, which Django refuses"
        )
    _Alteration(editor, model, old, new, before, after).run()


def alter_many_to_many(
    editor: SchemaEditor, model: Model, old: Field, new: Field, before: State, after: State
) -> None:
    """The table of a many-to-many field, and its columns, under their new names. Raises NotLiteral."""
    was = _through(editor, model, old, before)
    becomes = _through(editor, model, new, after)
    if was is None or becomes is None:
        return
    editor.rename_table(was.db_table, becomes.db_table)
    for side in (2, 1):
        alter_field(editor, becomes, was.fields[side], becomes.fields[side], before, after)


def _through(editor: SchemaEditor, model: Model, field: Field, state: State) -> Model | None:
    owner = next((each for each in state.models.values() if field in each.fields), model)
    return through_model(owner, field, state, editor.auto_field)


def _alter_known(editor: SchemaEditor, model: Model, old: Field, new: Field) -> None:
    """A field whose type is not known: what does not depend on it."""
    table = ddl.table(model.db_table)
    if old.column != new.column:
        editor.execute(f"ALTER TABLE {table} RENAME COLUMN {quoted(old.column)} TO {quoted(new.column)}")
    if old.null != new.null:
        word = "DROP" if new.null else "SET"
        editor.execute(f"ALTER TABLE {table} ALTER COLUMN {quoted(new.column)} {word} NOT NULL")
    if {**old.given, "null": 0} != {**new.given, "null": 0}:
        raise NotLiteral(ast.Constant(None), new.unread or "")


class _Alteration:
    def __init__(
        self, editor: SchemaEditor, model: Model, old: Field, new: Field, before: State, after: State
    ) -> None:
        self.editor, self.model, self.old, self.new = editor, model, old, new
        self.before, self.after = before, after
        self.table = model.db_table
        self.alter = f"ALTER TABLE {ddl.table(self.table)}"
        self.was, self.becomes = column_of(old, before), column_of(new, after)
        self.changes_type = self.was.type != self.becomes.type
        self.changes_collation = self.was.collation != self.becomes.collation

    def run(self) -> None:
        dropped = self._drop_own_keys()
        self._drop_unique()
        rewritten = self._drops_keys_to_it()
        related = list(self._related()) if rewritten else []
        for table, field, _ in related:
            self.editor.drop_foreign_keys(table, field.column)
        self._drop_index()
        checks = (_check(self.old), _check(self.new))
        # Before 5.0, Django compares the checks with the names of their columns.
        anew = self.editor.version < (5, 0) and self.was.check != self.becomes.check
        if checks[0] and (anew or checks[0] != checks[1]):
            excluded = _names(self.model.constraints)
            for each in self.editor.names(self.table, [self.old.column], ("check",), excluded):
                self.editor.drop_constraint(self.table, each.name)
        self._rename()
        temporary = self._column()
        if self.old.primary_key and not self.new.primary_key:
            for each in self.editor.names(self.table, None, ("primary",)):
                self.editor.drop_constraint(self.table, each.name)
        if self.new.unique and not self.new.primary_key and (not self.old.unique or self.old.primary_key):
            self._add_unique()
        if (not self.old.indexed or self.old.unique) and self.new.indexed and not self.new.unique:
            self.editor.run(self.editor.plain_index(self.model, self.new))
        became_key = self.new.primary_key and not self.old.primary_key
        if became_key:
            self._add_primary_key()
            related += list(self._related())
        for table, field, model in related:
            self._retype(table, field, model)
        if self.new.constrained and (dropped or not self.old.is_relation or not self.old.constrained):
            self.editor.run(self.editor.foreign_key(self.model, self.new, self.after))
        if rewritten:
            for table, field, _ in related:
                self._rebuild_key(table, field)
        if checks[1] and (anew or checks[0] != checks[1]):
            self._add_check()
        if temporary:
            self.editor.execute(f"{self.alter} ALTER COLUMN {quoted(self.new.column)} DROP DEFAULT")
        self._like_indexes()

    # --- before the column changes -----------------------------------------------------------------

    def _drop_own_keys(self) -> bool:
        if not self.old.constrained:
            return False
        if not differs(self.old, self.new, self.before, self.after, ignored=frozenset({"db_comment"})):
            return False
        return self.editor.drop_foreign_keys(self.table, self.old.column)

    def _drop_unique(self) -> None:
        became_key = self.new.primary_key and not self.old.primary_key
        if not self.old.unique or (self.new.unique and not became_key):
            return
        excluded = _names(self.model.constraints)
        kinds = ("unique", "unique index")
        for each in self.editor.names(self.table, [self.old.column], kinds, excluded):
            self.editor.drop_constraint(self.table, each.name)

    def _drops_keys_to_it(self) -> bool:
        both = (self.old.primary_key and self.new.primary_key) or (self.old.unique and self.new.unique)
        return both and (self.changes_type or self.changes_collation)

    def _drop_index(self) -> None:
        if not self.old.indexed or self.old.unique or (self.new.indexed and not self.new.unique):
            return
        excluded = _names(self.model.indexes)
        for each in self.editor.names(self.table, [self.old.column], _INDEXES, excluded):
            if each.btree:
                self.editor.drop_index(self.table, each.name)

    def _rename(self) -> None:
        old, new = self.old.column, self.new.column
        if old == new:
            return
        self.editor.execute(f"{self.alter} RENAME COLUMN {quoted(old)} TO {quoted(new)}")

        def renamed(columns: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(new if each == old else each for each in columns)

        tables = self.editor.tables
        tables[self.table] = [
            replace(each, columns=renamed(each.columns)) for each in tables.get(self.table, ())
        ]
        for waiting in self.editor.deferred:
            if waiting.table == self.table:
                waiting.columns = [new if each == old else each for each in waiting.columns]
            if waiting.to_table == self.table and waiting.to_column == old:
                waiting.to_column = new

    # --- the column --------------------------------------------------------------------------------

    def _column(self) -> bool:
        """Type, default and NULL; whether there is a default to take away at the end."""
        actions: list[str] = []
        later: list[str] = []
        if (
            self.changes_type
            or self.changes_collation
            or self.was.identity != self.becomes.identity
            or self._comment(self.old) != self._comment(self.new)
        ):
            actions.append(self._type(self.old, self.new, self.was, self.becomes, self.table))
            later += self._after_type()
        head = f"ALTER COLUMN {quoted(self.new.column)}"
        actions += self._database_default(head)
        temporary = default = None
        if self.old.null and not self.new.null and not self.new.has_database_default:
            default = effective_default(self.new, self.after)
            if default is not None and default != effective_default(self.old, self.before):
                temporary = default
                actions.append(f"{head} SET DEFAULT {default}")
        nulls = (
            [f"{head} {'DROP' if self.new.null else 'SET'} NOT NULL"]
            if self.old.null != self.new.null
            else []
        )
        has_default = "default" in self.new.given or self.new.has_database_default
        fills = has_default and self.old.null and not self.new.null
        if not fills:
            actions += nulls
        if actions:
            self.editor.execute(f"{self.alter} {', '.join(actions)}")
        if fills and (actions or nulls):
            value = (
                self.editor.database_default(self.new, self.model)
                if self.new.has_database_default
                else default
            )
            column = quoted(self.new.column)
            self.editor.execute(
                f"UPDATE {ddl.table(self.table)} SET {column} = {value or 'NULL'} WHERE {column} IS NULL",
                "SET CONSTRAINTS ALL IMMEDIATE",
                *(f"{self.alter} {action}" for action in nulls),
            )
        self.editor.execute(*later)
        return temporary is not None

    def _type(self, old: Field, new: Field, was: Column, becomes: Column, table: str) -> str:
        """The clause that sets a type; drops an index first that the new type cannot have."""
        if _loses_text_index(old, was.type or "", becomes.type or ""):
            self.editor.drop_index(table, derived_name(table, [old.column], "_like"))
        sql = f"ALTER COLUMN {quoted(new.column)} TYPE {becomes.type}"
        if self.was.identity and not self.becomes.identity and new is self.new:
            self.editor.execute(f"{self.alter} ALTER COLUMN {quoted(new.column)} DROP IDENTITY IF EXISTS")
        if becomes.collation and becomes.collation != was.collation:
            sql += f" COLLATE {quoted(becomes.collation)}"
        elif was.collation and not becomes.collation:
            sql += ' COLLATE pg_catalog."default"'
        return sql + self._using(old, new)

    def _using(self, old: Field, new: Field) -> str:
        if new.generated:
            return ""
        if old.kind == new.kind == "ArrayField" and old.base is not None and new.base is not None:
            changed = data_type(_innermost(old), self.before) != data_type(_innermost(new), self.after)
        else:
            changed = data_type(old, self.before) != data_type(new, self.after)
        return f" USING {quoted(new.column)}::{column_of(new, self.after).type}" if changed else ""

    def _after_type(self) -> list[str]:
        found = []
        column = quoted(self.new.column)
        if self.becomes.identity and not self.was.identity:
            found.append(f"{self.alter} ALTER COLUMN {column} ADD GENERATED BY DEFAULT AS IDENTITY")
        elif self.old.kind in AUTO and self.new.kind in AUTO and self.old.kind != self.new.kind:
            # Django asks the server for the sequence's name; this is the one that the server gives.
            sequence = ddl.table(f"{self.table}_{self.new.column}_seq")
            found.append(f"ALTER SEQUENCE IF EXISTS {sequence} AS {self.becomes.type}")
        if self._comment(self.old) != self._comment(self.new):
            found.append(self.editor.comment(self.table, self.new.column, self._comment(self.new)))
        return found

    def _comment(self, field: Field) -> str | None:
        written = field.given.get("db_comment")
        return written if isinstance(written, str) and written else None

    def _database_default(self, head: str) -> list[str]:
        if not self.new.has_database_default:
            return [f"{head} DROP DEFAULT"] if self.old.has_database_default else []
        new = self.editor.database_default(self.new, self.model)
        if self.old.has_database_default and self.editor.database_default(self.old, self.model) == new:
            return []
        return [f"{head} SET DEFAULT {new}"]

    # --- after the column has changed --------------------------------------------------------------

    def _add_unique(self) -> None:
        self.editor.run(Deferred("unique", self.table, [self.new.column], self.editor.place))

    def _add_primary_key(self) -> None:
        name = derived_name(self.table, [self.new.column], "_pk")
        self.editor.execute(
            f"{self.alter} ADD CONSTRAINT {quoted(name)} PRIMARY KEY {ddl.columns([self.new.column])}"
        )
        self.editor.has(self.table, Named(name, "primary", (self.new.column,)))

    def _add_check(self) -> None:
        name = derived_name(self.table, [self.new.column], "_check")
        self.editor.execute(f"{self.alter} ADD CONSTRAINT {quoted(name)} CHECK ({self.becomes.check})")
        self.editor.has(self.table, Named(name, "check", (self.new.column,)))

    def _related(self) -> Iterator[tuple[str, Field, Model]]:
        """(table, field, model) of the columns that refer to this one, in Django's order of names."""
        found: list[tuple[str, str, Field, Model]] = []
        for model in self.after.models.values():
            for field in model.fields:
                if field.is_relation and field.to == self.model.key and self._is_target(field):
                    found.append((_reverse_name(field, model), model.db_table, field, model))
                elif (through := through_model(model, field, self.after, self.editor.auto_field)) is not None:
                    for side in through.fields[1:]:
                        if side.to == self.model.key and self._is_target(side):
                            found.append((f"{through.name}+", through.db_table, side, through))
        for _, table, field, model in sorted(found, key=lambda each: each[0]):
            yield table, field, model

    def _is_target(self, field: Field) -> bool:
        target = target_of(field, self.after.model(field.to) or self.model)
        return target is not None and target.name == self.new.name

    def _retype(self, table: str, field: Field, model: Model) -> None:
        if not model.managed:
            return
        becomes = column_of(field, self.after)
        was = column_of(field, self.before)
        action = self._type(field, field, was, becomes, table)
        self.editor.execute(f"ALTER TABLE {ddl.table(table)} {action}")

    def _rebuild_key(self, table: str, field: Field) -> None:
        if not field.constrained:
            return
        name = foreign_key_name(table, field.column, self.table, self.new.column, "_fk")
        key = ddl.foreign_key([field.column], ddl.table(self.table), [self.new.column])
        self.editor.execute(
            f"ALTER TABLE {ddl.table(table)} ADD CONSTRAINT {quoted(name)} {key} {DEFERRABLE}"
        )
        self.editor.has(table, Named(name, "foreign", (field.column,)))

    def _like_indexes(self) -> None:
        old, new = self.old, self.new
        lost = _loses_text_index(old, self.was.type or "", self.becomes.type or "")
        gained = (not (old.indexed or old.unique) and new.indexed) or (not old.unique and new.unique)
        if gained or lost:
            like = self.editor.like_index(self.model, new, self.after)
            if like is not None:
                self.editor.run(like)
        if old.unique and not (new.indexed or new.unique):
            self.editor.drop_index(self.table, derived_name(self.table, [old.column], "_like"))


def _loses_text_index(field: Field, old: str, new: str) -> bool:
    kinds = ("varchar", "text", "citext")
    changes = any(old.startswith(kind) and not new.startswith(kind) for kind in kinds)
    return (field.indexed or field.unique) and changes


def _innermost(field: Field) -> Field:
    while field.base is not None and field.kind == "ArrayField":
        field = field.base
    return field


def _check(field: Field) -> bool:
    return field.kind in POSITIVE


def _names(calls: tuple[Call, ...]) -> list[str]:
    return [str(call.keywords.get("name")) for call in calls]


def _reverse_name(field: Field, model: Model) -> str:
    written = field.given.get("related_query_name") or field.given.get("related_name")
    return written if isinstance(written, str) else model.name.lower()
