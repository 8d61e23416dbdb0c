"""The operations on models and fields as what they run on the database."""

from __future__ import annotations

import ast

from migration_lint.sources import ddl
from migration_lint.sources.python.values import NotLiteral
from migration_lint.sources.tools.django.altering import alter_field as run_alter_field
from migration_lint.sources.tools.django.altering import alter_many_to_many
from migration_lint.sources.tools.django.fields import through_model
from migration_lint.sources.tools.django.operations import Operation, model_of, new_field
from migration_lint.sources.tools.django.runner import Runner
from migration_lint.sources.tools.django.schema_editor import Deferred, SchemaEditor
from migration_lint.sources.tools.django.state import Field, Model, State


def create(runner: Runner, operation: Operation, before: State, becomes: State) -> None:
    """CreateModel. Raises NotLiteral."""
    if (model := runner.table_of(operation, becomes, "name")) is not None:
        runner.editor.create_model(model, becomes)


def delete(runner: Runner, operation: Operation, before: State, becomes: State) -> None:
    """DeleteModel. Raises NotLiteral."""
    if (model := runner.table_of(operation, before, "name")) is not None:
        runner.editor.delete_model(model, before)


def rename_model(runner: Runner, operation: Operation, before: State, becomes: State) -> None:
    """RenameModel. Raises NotLiteral."""
    _renamed(runner, operation.text("old_name"), operation.text("new_name"), before, becomes)


def rename_model_back(runner: Runner, operation: Operation, before: State, becomes: State) -> None:
    """RenameModel, undone. Raises NotLiteral."""
    _renamed(runner, operation.text("new_name"), operation.text("old_name"), before, becomes)


def _renamed(runner: Runner, old_name: str, new_name: str, before: State, becomes: State) -> None:
    editor, app = runner.editor, runner.app
    was, new = before.model((app, old_name.lower())), becomes.model((app, new_name.lower()))
    if was is None or new is None or not new.managed:
        return
    editor.rename_table(was.db_table, new.db_table)
    _rename_columns(runner, was, new, before, becomes)


def _rename_columns(runner: Runner, was: Model, new: Model, before: State, becomes: State) -> None:
    for owner, field in _pointing_to(was, before):
        there = becomes.model(new.key if owner.key == was.key else owner.key)
        after_field = there.field(field.name) if there is not None else None
        if there is not None and after_field is not None and there.managed:
            run_alter_field(runner.editor, there, field, after_field, before, becomes)
    for old_field, new_field_ in zip(was.fields, new.fields, strict=False):
        if not old_field.is_many or not new_field_.is_many or new_field_.to == new.key:
            continue
        if old_field.through is None:
            alter_many_to_many(runner.editor, new, old_field, new_field_, before, becomes)


def _pointing_to(model: Model, state: State) -> list[tuple[Model, Field]]:
    return [(each, field) for each in state.models.values() for field in each.fields if field.to == model.key]


def alter_table(runner: Runner, operation: Operation, before: State, becomes: State) -> None:
    """AlterModelTable. Raises NotLiteral."""
    new = runner.table_of(operation, becomes, "name")
    old = model_of(operation, runner.app, before, "name")
    if new is None:
        return
    runner.editor.rename_table(old.db_table, new.db_table)
    for was, field in zip(old.fields, new.fields, strict=False):
        one = through_model(old, was, before, runner.editor.auto_field)
        other = through_model(new, field, becomes, runner.editor.auto_field)
        if one is not None and other is not None:
            runner.editor.rename_table(one.db_table, other.db_table)


def table_comment(runner: Runner, operation: Operation, before: State, becomes: State) -> None:
    """AlterModelTableComment. Raises NotLiteral."""
    if (model := runner.table_of(operation, becomes, "name")) is not None:
        comment = ddl.literal(model.comment or "")
        runner.editor.execute(f"COMMENT ON TABLE {ddl.table(model.db_table)} IS {comment}")


def unique_together(runner: Runner, operation: Operation, before: State, becomes: State) -> None:
    """AlterUniqueTogether. Raises NotLiteral."""
    _together(runner, operation, before, becomes, unique=True)


def index_together(runner: Runner, operation: Operation, before: State, becomes: State) -> None:
    """AlterIndexTogether. Raises NotLiteral."""
    _together(runner, operation, before, becomes, unique=False)


def _together(runner: Runner, operation: Operation, before: State, becomes: State, *, unique: bool) -> None:
    new = runner.table_of(operation, becomes, "name")
    old = model_of(operation, runner.app, before, "name")
    if new is None:
        return
    editor, table = runner.editor, new.db_table
    kind = "unique_together" if unique else "index_together"
    olds, news = getattr(old, kind), getattr(new, kind)
    for fields in olds:
        if fields not in news:
            _drop_composed(editor, new, editor.columns_of(new, fields), unique=unique)
    for fields in news:
        if fields not in olds and (columns := editor.columns_of(new, fields)):
            made = Deferred("unique" if unique else "index", table, columns, editor.place)
            made.suffix = "" if unique else "_idx"
            editor.run(made)


def _drop_composed(editor: SchemaEditor, model: Model, columns: list[str], *, unique: bool) -> None:
    table = model.db_table
    for waiting in editor.deferred:
        same = waiting.table == table and waiting.columns == columns and waiting.name is None
        if same and waiting.kind == ("unique" if unique else "index"):
            editor.deferred.remove(waiting)
            return
    names = [str(each.keywords.get("name")) for each in (*model.constraints, *model.indexes)]
    kinds = ("unique", "unique index") if unique else ("index",)
    found = editor.names(table, columns, kinds, names)
    if not found:
        editor.tell(NotLiteral(ast.Constant(None), f"the name of what {table} has on {', '.join(columns)}"))
        return
    if unique:
        editor.drop_constraint(table, found[0].name)
    else:
        editor.drop_index(table, found[0].name)


def alter_order(runner: Runner, operation: Operation, before: State, becomes: State) -> None:
    """AlterOrderWithRespectTo. Raises NotLiteral."""
    new = runner.table_of(operation, becomes, "name")
    old = model_of(operation, runner.app, before, "name")
    if new is None:
        return
    if old.order_with_respect_to and not new.order_with_respect_to and (field := old.field("_order")):
        runner.editor.remove_field(old, field, before)
    elif new.order_with_respect_to and not old.order_with_respect_to and (field := new.field("_order")):
        runner.editor.add_field(old, field, becomes)


# --- fields --------------------------------------------------------------------------------------


def add_field(runner: Runner, operation: Operation, before: State, becomes: State) -> None:
    """AddField. Raises NotLiteral."""
    if (model := runner.table_of(operation, becomes, "model_name")) is None:
        return
    field = new_field(operation, runner.app, runner.context, model.name)
    runner.editor.add_field(model_of(operation, runner.app, before, "model_name"), field, becomes)


def add_field_back(runner: Runner, operation: Operation, before: State, becomes: State) -> None:
    """AddField, undone. Raises NotLiteral."""
    if (model := runner.table_of(operation, before, "model_name")) is not None:
        runner.editor.remove_field(model, _field(operation, model), before)


def _field(operation: Operation, model: Model, argument: str = "name") -> Field:
    name = operation.text(argument)
    field = model.field(name)
    if field is None:
        raise NotLiteral(operation.call.node, f"the field {name}, which {model.name} does not have")
    return field


def remove_field(runner: Runner, operation: Operation, before: State, becomes: State) -> None:
    """RemoveField. Raises NotLiteral."""
    add_field_back(runner, operation, before, becomes)


def remove_field_back(runner: Runner, operation: Operation, before: State, becomes: State) -> None:
    """RemoveField, undone. Raises NotLiteral."""
    if (model := runner.table_of(operation, becomes, "model_name")) is not None:
        here = model_of(operation, runner.app, before, "model_name")
        runner.editor.add_field(here, _field(operation, model), becomes)


def alter_field(runner: Runner, operation: Operation, before: State, becomes: State) -> None:
    """AlterField. Raises NotLiteral."""
    if (model := runner.table_of(operation, becomes, "model_name")) is None:
        return
    here = model_of(operation, runner.app, before, "model_name")
    new = new_field(operation, runner.app, runner.context, model.name)
    run_alter_field(runner.editor, here, _field(operation, here), new, before, becomes)


def alter_field_back(runner: Runner, operation: Operation, before: State, becomes: State) -> None:
    """AlterField, undone. Raises NotLiteral."""
    if (model := runner.table_of(operation, becomes, "model_name")) is None:
        return
    here = model_of(operation, runner.app, before, "model_name")
    run_alter_field(runner.editor, here, _field(operation, here), _field(operation, model), before, becomes)


def rename_field(runner: Runner, operation: Operation, before: State, becomes: State) -> None:
    """RenameField. Raises NotLiteral."""
    _rename_of(runner, operation, before, becomes, "old_name", "new_name")


def rename_field_back(runner: Runner, operation: Operation, before: State, becomes: State) -> None:
    """RenameField, undone. Raises NotLiteral."""
    _rename_of(runner, operation, before, becomes, "new_name", "old_name")


def _rename_of(
    runner: Runner, operation: Operation, before: State, becomes: State, old: str, new: str
) -> None:
    if (model := runner.table_of(operation, becomes, "model_name")) is None:
        return
    here = model_of(operation, runner.app, before, "model_name")
    old_field, after_field = _field(operation, here, old), _field(operation, model, new)
    run_alter_field(runner.editor, here, old_field, after_field, before, becomes)
