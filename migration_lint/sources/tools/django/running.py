"""The operations of migrations as what they run on the database, in both directions."""

from __future__ import annotations

from collections.abc import Callable

from migration_lint.names import quoted
from migration_lint.sources.python.values import NotLiteral, Reference, Value, short
from migration_lint.sources.tools.django import on_indexes, on_models
from migration_lint.sources.tools.django.operations import Operation, after
from migration_lint.sources.tools.django.raw_sql import run_sql
from migration_lint.sources.tools.django.runner import Runner
from migration_lint.sources.tools.django.schema_editor import Place, Statement
from migration_lint.sources.tools.django.state import State

_Handler = Callable[[Runner, Operation, State, State], None]


def forwards(runner: Runner, operation: Operation, before: State, becomes: State) -> None:
    """Run an operation. Nothing that only the state is about runs. Raises NotLiteral."""
    _run(_FORWARDS, runner, operation, before, becomes)


def backwards(runner: Runner, operation: Operation, before: State, becomes: State) -> None:
    """Undo an operation: from the state after it (`before`) to the one that was. Raises NotLiteral."""
    _run(_BACKWARDS, runner, operation, before, becomes)


def _run(
    handlers: dict[str, _Handler], runner: Runner, operation: Operation, before: State, becomes: State
) -> None:
    runner.editor.place = Place(*runner.module.bounds(operation.call.node))
    if operation.opaque is not None:
        raise NotLiteral(operation.call.node, f"{operation.opaque}(…), which the project itself defines")
    handler = handlers.get(operation.kind)
    if handler is not None:
        handler(runner, operation, before, becomes)


def is_reversible(operation: Operation) -> bool:
    """Whether Django can go back. An inner operation that it cannot undo fails when it tries."""
    if operation.kind == "RunSQL":
        return operation.given.get("reverse_sql") is not None
    if operation.kind == "RunPython":
        return operation.given.get("reverse_code") is not None
    return all(map(is_reversible, operation.database))


def _separate(runner: Runner, operation: Operation, before: State, becomes: State) -> None:
    for inner in operation.database:
        then = after(inner, runner.app, before, runner.context)
        forwards(runner, inner, before, then)
        before = then


def _separate_back(runner: Runner, operation: Operation, before: State, becomes: State) -> None:
    states = [becomes]
    for inner in operation.database:
        states.append(after(inner, runner.app, states[-1], runner.context))
    for number in reversed(range(len(operation.database))):
        backwards(runner, operation.database[number], states[number + 1], states[number])


def _sql(runner: Runner, operation: Operation, before: State, becomes: State) -> None:
    run_sql(runner.editor, runner.module, operation, "sql")


def _sql_back(runner: Runner, operation: Operation, before: State, becomes: State) -> None:
    run_sql(runner.editor, runner.module, operation, "reverse_sql")


def _python(runner: Runner, operation: Operation, before: State, becomes: State) -> None:
    _code(runner, operation, operation.given.get("code"))


def _python_back(runner: Runner, operation: Operation, before: State, becomes: State) -> None:
    _code(runner, operation, operation.given.get("reverse_code"))


def _code(runner: Runner, operation: Operation, code: Value) -> None:
    """Python: it has no SQL that could be read, and is told as what it is."""
    if isinstance(code, Reference) and code.last == "noop":
        return
    written = short(operation.call.node)
    runner.editor.statements.append(
        Statement(f"-- {' '.join(written.split())}", runner.editor.place, opaque=True)
    )


def _extension(runner: Runner, operation: Operation, before: State, becomes: State) -> None:
    runner.editor.execute(f"CREATE EXTENSION IF NOT EXISTS {quoted(operation.text('name'))}")


def _extension_back(runner: Runner, operation: Operation, before: State, becomes: State) -> None:
    runner.editor.execute(f"DROP EXTENSION IF EXISTS {quoted(operation.text('name'))}")


def _collation(runner: Runner, operation: Operation, before: State, becomes: State) -> None:
    options = [f"locale = {quoted(operation.text('locale'))}"]
    provider = operation.given.get("provider", "libc")
    if isinstance(provider, str) and provider != "libc":
        options.append(f"provider = {quoted(provider)}")
    if operation.given.get("deterministic") is False:
        options.append("deterministic = false")
    runner.editor.execute(f"CREATE COLLATION {quoted(operation.text('name'))} ({', '.join(options)})")


def _collation_back(runner: Runner, operation: Operation, before: State, becomes: State) -> None:
    runner.editor.execute(f"DROP COLLATION {quoted(operation.text('name'))}")


_FORWARDS: dict[str, _Handler] = {
    "AddConstraint": on_indexes.add_constraint,
    "AddConstraintNotValid": on_indexes.add_constraint,
    "AddField": on_models.add_field,
    "AddIndex": on_indexes.add_index,
    "AddIndexConcurrently": on_indexes.add_index,
    "AlterField": on_models.alter_field,
    "AlterIndexTogether": on_models.index_together,
    "AlterModelTable": on_models.alter_table,
    "AlterModelTableComment": on_models.table_comment,
    "AlterOrderWithRespectTo": on_models.alter_order,
    "AlterUniqueTogether": on_models.unique_together,
    "CreateCollation": _collation,
    "CreateExtension": _extension,
    "CreateModel": on_models.create,
    "DeleteModel": on_models.delete,
    "RemoveCollation": _collation_back,
    "RemoveConstraint": on_indexes.remove_constraint,
    "RemoveField": on_models.remove_field,
    "RemoveIndex": on_indexes.remove_index,
    "RemoveIndexConcurrently": on_indexes.remove_index,
    "RenameField": on_models.rename_field,
    "RenameIndex": on_indexes.rename_index,
    "RenameModel": on_models.rename_model,
    "RunPython": _python,
    "RunSQL": _sql,
    "SeparateDatabaseAndState": _separate,
    "ValidateConstraint": on_indexes.validate,
}
_BACKWARDS: dict[str, _Handler] = {
    "AddConstraint": on_indexes.drop_added_constraint,
    "AddConstraintNotValid": on_indexes.drop_added_constraint,
    "AddField": on_models.add_field_back,
    "AddIndex": on_indexes.drop_added_index,
    "AddIndexConcurrently": on_indexes.drop_added_index,
    "AlterField": on_models.alter_field_back,
    "AlterIndexTogether": on_models.index_together,
    "AlterModelTable": on_models.alter_table,
    "AlterModelTableComment": on_models.table_comment,
    "AlterOrderWithRespectTo": on_models.alter_order,
    "AlterUniqueTogether": on_models.unique_together,
    "CreateCollation": _collation_back,
    "CreateExtension": _extension_back,
    "CreateModel": on_models.delete,
    "DeleteModel": on_models.create,
    "RemoveCollation": _collation,
    "RemoveConstraint": on_indexes.restore_constraint,
    "RemoveField": on_models.remove_field_back,
    "RemoveIndex": on_indexes.restore_index,
    "RemoveIndexConcurrently": on_indexes.restore_index,
    "RenameField": on_models.rename_field_back,
    "RenameIndex": on_indexes.rename_index_back,
    "RenameModel": on_models.rename_model_back,
    "RunPython": _python_back,
    "RunSQL": _sql_back,
    "SeparateDatabaseAndState": _separate_back,
}
