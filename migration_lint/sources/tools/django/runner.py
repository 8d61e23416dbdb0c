"""What the handlers of operations work with."""

from __future__ import annotations

from msgspec import Struct

from migration_lint.sources.python.syntax import Module
from migration_lint.sources.tools.django.fields import Context
from migration_lint.sources.tools.django.operations import Operation, model_of
from migration_lint.sources.tools.django.schema_editor import SchemaEditor
from migration_lint.sources.tools.django.state import Model, State


class Runner(Struct, frozen=True):
    """One migration in one direction: its file and app, and the editor that collects its statements."""

    editor: SchemaEditor
    module: Module
    app: str
    context: Context

    def table_of(self, operation: Operation, state: State, argument: str) -> Model | None:
        """The model that an operation is about, None where it is no table of Django's. Raises NotLiteral."""
        model = model_of(operation, self.app, state, argument)
        return model if model.managed else None
