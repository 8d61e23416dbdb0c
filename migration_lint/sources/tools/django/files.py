"""A migration's file: what it comes after, and its operations."""

from __future__ import annotations

import ast

from msgspec import Struct

from migration_lint.model import Document, Error
from migration_lint.sources.python.syntax import Module, parse
from migration_lint.sources.python.values import (
    IRRELEVANT,
    Call,
    NotLiteral,
    Reference,
    Value,
    assignment,
    evaluate,
    imported,
    module_scope,
)
from migration_lint.sources.tools.django import fields
from migration_lint.sources.tools.django.fields import setting_of

Node = tuple[str, str]
"""(label of the app, name of the migration)."""


class MigrationFile(Struct, frozen=True):
    """A file with a class ``Migration``. `operations` are the expressions of its list, as far as it is one.

    `unread` are what of the file itself was not understood: line and reason.
    """

    node: Node
    module: Module
    scope: dict[str, Value]
    operations: tuple[ast.expr, ...] = ()
    dependencies: tuple[Node, ...] = ()
    run_before: tuple[Node, ...] = ()
    replaces: tuple[Node, ...] = ()
    atomic: bool = True
    line: int = 1
    """Of its dependencies."""
    unread: tuple[tuple[int, str], ...] = ()

    @property
    def path(self) -> str:
        """The file's path."""
        return self.module.document.path


def migration_file(document: Document, node: Node, swapped: dict[str, str]) -> MigrationFile | Error | None:
    """The file as a migration; None where it has no class ``Migration``, which Django refuses."""
    module = parse(document)
    if isinstance(module, Error):
        return module
    classes = [each for each in module.tree.body if isinstance(each, ast.ClassDef)]
    found = next((each for each in reversed(classes) if each.name == "Migration"), None)
    if found is None:
        return None
    scope = module_scope(module.tree.body)
    scope[IRRELEVANT] = fields.IRRELEVANT
    reader = _Reader(module, scope, swapped)
    for statement in found.body:
        reader.statement(statement)
    return MigrationFile(
        node,
        module,
        reader.scope,
        tuple(reader.operations),
        tuple(reader.nodes["dependencies"]),
        tuple(reader.nodes["run_before"]),
        tuple(reader.nodes["replaces"]),
        reader.atomic,
        reader.line or module.line(found),
        tuple(reader.unread),
    )


class _Reader:
    """Reads the statements of the class."""

    def __init__(self, module: Module, scope: dict[str, Value], swapped: dict[str, str]) -> None:
        self.module = module
        self.scope = scope
        self.swapped = swapped
        self.operations: list[ast.expr] = []
        self.nodes: dict[str, list[Node]] = {"dependencies": [], "run_before": [], "replaces": []}
        self.atomic = True
        self.line = 0
        self.unread: list[tuple[int, str]] = []

    def tell(self, node: ast.AST, what: str) -> None:
        self.unread.append((self.module.line(node), what))

    def statement(self, node: ast.stmt) -> None:
        name, value = assignment(node)
        if name is None or value is None:
            if isinstance(node, ast.If) and (holds := self._holds(node.test)) is not None:
                for each in node.body if holds else node.orelse:
                    self.statement(each)
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                self.scope = {**self.scope, **imported(node)}
            elif isinstance(node, (ast.If, ast.For, ast.While, ast.AugAssign, ast.Try, ast.With)):
                self.tell(node, "code in the class Migration, which is not followed")
            return
        if name == "operations":
            self.operations = self._elements(value)
        elif name in self.nodes:
            if name == "dependencies":
                self.line = self.module.line(node)
            self.nodes[name] = [made for each in self._elements(value) if (made := self._node(each))]
        elif name == "atomic":
            self.atomic = not (isinstance(value, ast.Constant) and value.value is False)
        else:
            try:
                self.scope = {**self.scope, name: evaluate(value, self.scope)}
            except NotLiteral:
                return

    def _holds(self, test: ast.expr) -> bool | None:
        """Whether a condition on the database holds on PostgreSQL; None where it asks something else."""
        match test:
            case ast.Compare(
                left=ast.Attribute(attr="vendor"), ops=[op], comparators=[ast.Constant(value=str() as vendor)]
            ) if isinstance(op, (ast.Eq, ast.NotEq)):
                return (vendor == "postgresql") is isinstance(op, ast.Eq)
            case ast.Call(func=ast.Attribute(attr="is_swapped")):
                return False
        return None

    def _elements(self, value: ast.expr) -> list[ast.expr]:
        """The elements of a list: spelled out, put together, or under a name of the file."""
        match value:
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                found: list[ast.expr] = []
                for each in elements:
                    found += self._elements(each.value) if isinstance(each, ast.Starred) else [each]
                return found
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return [*self._elements(left), *self._elements(right)]
            case ast.Name(id=name):
                for statement in self.module.tree.body:
                    target, inner = assignment(statement)
                    if target == name and isinstance(inner, (ast.List, ast.Tuple)):
                        return self._elements(inner)
        self.tell(value, "a list that is not spelled out")
        return []

    def _node(self, value: ast.expr) -> Node | None:
        """``("app", "0001_initial")``, or ``migrations.swappable_dependency(settings.…)``."""
        try:
            found = evaluate(value, self.scope)
        except NotLiteral as problem:
            self.tell(value, problem.why)
            return None
        if isinstance(found, Call) and found.name == "swapper.dependency" and found.args:
            return (found.args[0], "__first__") if isinstance(found.args[0], str) else None
        if isinstance(found, Call) and found.last == "swappable_dependency" and found.args:
            model = found.args[0]
            if isinstance(model, Reference):
                model = setting_of(model, self.swapped)
            return (model.partition(".")[0], "__first__") if isinstance(model, str) else None
        if isinstance(found, (list, tuple)) and len(found) == 2:
            app, name = found
            if isinstance(app, str) and isinstance(name, str):
                return app, name
        if isinstance(found, Call):  # a dependency on what a function of another package says
            return None
        self.tell(value, "a dependency that is not spelled out")
        return None
