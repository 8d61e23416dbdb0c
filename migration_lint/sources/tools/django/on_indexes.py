"""The operations on indexes and constraints as what they run on the database."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from migration_lint.names import quoted
from migration_lint.sources import ddl
from migration_lint.sources.python.values import Call, NotLiteral
from migration_lint.sources.tools.django import indexes
from migration_lint.sources.tools.django.operations import Operation, model_of
from migration_lint.sources.tools.django.runner import Runner
from migration_lint.sources.tools.django.state import Model, State

# --- indexes and constraints ---------------------------------------------------------------------


def _index(runner: Runner, operation: Operation, model: Model) -> Call:
    return indexes.with_name(operation.call_of("index"), model)


def _named(operation: Operation, calls: Sequence[Call]) -> Call:
    name = operation.text("name")
    found = next((each for each in calls if each.keywords.get("name") == name), None)
    if found is None:
        raise NotLiteral(operation.call.node, f"{name}, which no migration makes")
    return found


def add_index(runner: Runner, operation: Operation, before: State, becomes: State) -> None:
    """AddIndex. Raises NotLiteral."""
    if (model := runner.table_of(operation, becomes, "model_name")) is not None:
        concurrently = operation.kind.endswith("Concurrently")
        indexes.add_index(runner.editor, _index(runner, operation, model), model, concurrently=concurrently)


def drop_added_index(runner: Runner, operation: Operation, before: State, becomes: State) -> None:
    """AddIndex, undone. Raises NotLiteral."""
    if (model := runner.table_of(operation, before, "model_name")) is not None:
        name = str(_index(runner, operation, model).keywords["name"])
        concurrently = operation.kind.endswith("Concurrently")
        runner.editor.drop_index(model.db_table, name, concurrently=concurrently)


def remove_index(runner: Runner, operation: Operation, before: State, becomes: State) -> None:
    """RemoveIndex. Raises NotLiteral."""
    if (model := runner.table_of(operation, before, "model_name")) is not None:
        concurrently = operation.kind.endswith("Concurrently")
        runner.editor.drop_index(model.db_table, operation.text("name"), concurrently=concurrently)


def restore_index(runner: Runner, operation: Operation, before: State, becomes: State) -> None:
    """RemoveIndex, undone. Raises NotLiteral."""
    if (model := runner.table_of(operation, becomes, "model_name")) is not None:
        concurrently = operation.kind.endswith("Concurrently")
        indexes.add_index(runner.editor, _named(operation, model.indexes), model, concurrently=concurrently)


def rename_index(runner: Runner, operation: Operation, before: State, becomes: State) -> None:
    """RenameIndex. Raises NotLiteral."""
    _rename_index_of(runner, operation, before, backwards=False)


def rename_index_back(runner: Runner, operation: Operation, before: State, becomes: State) -> None:
    """RenameIndex, undone. Raises NotLiteral."""
    _rename_index_of(runner, operation, before, backwards=True)


def _rename_index_of(runner: Runner, operation: Operation, state: State, *, backwards: bool) -> None:
    if (model := runner.table_of(operation, state, "model_name")) is None:
        return
    old, fields = operation.given.get("old_name"), operation.given.get("old_fields")
    if isinstance(fields, (list, tuple)):
        if backwards:
            return  # Django does not give an index without a name its old one
        columns = runner.editor.columns_of(model, [str(each) for each in fields])
        found = runner.editor.names(model.db_table, columns, ("index",))
        if not found:
            raise NotLiteral(operation.call.node, f"the name of the index on {', '.join(columns)}")
        old = found[0].name
    if not isinstance(old, str):
        raise NotLiteral(operation.call.node, "an index's name that is not spelled out")
    was, new = (operation.text("new_name"), old) if backwards else (old, operation.text("new_name"))
    runner.editor.execute(f"ALTER INDEX {quoted(was)} RENAME TO {quoted(new)}")
    tables = runner.editor.tables
    tables[model.db_table] = [
        replace(each, name=new) if each.name == was else each for each in tables.get(model.db_table, ())
    ]


def add_constraint(runner: Runner, operation: Operation, before: State, becomes: State) -> None:
    """AddConstraint. Raises NotLiteral."""
    if (model := runner.table_of(operation, becomes, "model_name")) is not None:
        valid = operation.kind != "AddConstraintNotValid"
        indexes.add_constraint(runner.editor, operation.call_of("constraint"), model, valid=valid)


def drop_added_constraint(runner: Runner, operation: Operation, before: State, becomes: State) -> None:
    """AddConstraint, undone. Raises NotLiteral."""
    if (model := runner.table_of(operation, becomes, "model_name")) is not None:
        indexes.remove_constraint(runner.editor, operation.call_of("constraint"), model)


def remove_constraint(runner: Runner, operation: Operation, before: State, becomes: State) -> None:
    """RemoveConstraint. Raises NotLiteral."""
    model = runner.table_of(operation, becomes, "model_name")
    here = model_of(operation, runner.app, before, "model_name")
    if model is not None:
        indexes.remove_constraint(runner.editor, _named(operation, here.constraints), model)


def restore_constraint(runner: Runner, operation: Operation, before: State, becomes: State) -> None:
    """RemoveConstraint, undone. Raises NotLiteral."""
    if (model := runner.table_of(operation, becomes, "model_name")) is not None:
        indexes.add_constraint(runner.editor, _named(operation, model.constraints), model)


def validate(runner: Runner, operation: Operation, before: State, becomes: State) -> None:
    """ValidateConstraint. Raises NotLiteral."""
    if (model := runner.table_of(operation, before, "model_name")) is not None:
        name = quoted(operation.text("name"))
        runner.editor.execute(f"ALTER TABLE {ddl.table(model.db_table)} VALIDATE CONSTRAINT {name}")
