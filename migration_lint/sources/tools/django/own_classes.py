"""Classes of the project's own, of fields and of operations: read where they are defined, as syntax."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache

from msgspec import Struct

from migration_lint.model import Document, Error
from migration_lint.sources.folder import is_file, is_link, join
from migration_lint.sources.python.syntax import parse
from migration_lint.sources.python.values import Reference, Value, imported
from migration_lint.sources.text import read
from migration_lint.sources.tools.django.column_types import PLAIN, SIZED
from migration_lint.sources.tools.django.fields import OwnClass
from migration_lint.sources.tools.django.operations import EXTENSIONS, SIGNATURES

_OF_TYPE = ("db_type", "db_parameters", "rel_db_type", "get_internal_type")
_OF_OPERATION = ("database_forwards", "database_backwards", "__init__", "_run_sql", "state_forwards")
_DEEPEST = 10


class _Defined(Struct, frozen=True):
    """A class, and the names that its file imports or defines."""

    node: ast.ClassDef
    names: Mapping[str, str]


class OwnClasses:
    """Looks up classes by their full names under the folders from which the project imports."""

    def __init__(self, roots: tuple[str, ...], given: Mapping[str, object]) -> None:
        self._roots = roots
        self._given = {name: value for name, value in given.items() if isinstance(value, str)}
        self.field = cache(self._field)
        self.operation = cache(self._operation)
        self._module = cache(self._read)

    def _field(self, path: str) -> OwnClass | None:
        """What is known of a class of fields."""
        if path in self._given:
            written = self._given[path]
            is_class = written in PLAIN or written in SIZED or "." in written or written.endswith("Field")
            return OwnClass(base=written) if is_class else OwnClass(type=written)
        found = self._class(path)
        if found is None:
            return None
        length = None
        for node in found.node.body:
            if isinstance(node, ast.FunctionDef):
                if node.name in _OF_TYPE:
                    return _typed(node)
                if node.name == "__init__":
                    length = _length(node)
        bases = [_full(base, found.names) for base in found.node.bases]
        known = [base for base in bases if base is not None]
        field = next((b for b in reversed(known) if b.rpartition(".")[2].endswith("Field")), None)
        chosen = field or (known[-1] if known else None)
        return OwnClass(chosen, None, length) if chosen is not None else None

    def _operation(self, path: str) -> tuple[str, bool] | None:
        """The operation that a class is one of, and whether it changes what that one does."""
        changes = False
        for _ in range(_DEEPEST):
            found = self._class(path)
            if found is None:
                return None
            names = {node.name for node in found.node.body if isinstance(node, ast.FunctionDef)}
            changes = changes or bool(names & set(_OF_OPERATION))
            bases = [base for each in found.node.bases if (base := _full(each, found.names)) is not None]
            for base in bases:
                last = base.rpartition(".")[2]
                if base.startswith("django.") and (last in SIGNATURES or last in EXTENSIONS):
                    return last, changes
            own = [base for base in bases if not base.startswith("django.")]
            if not own:
                return None
            path = own[-1]
        return None

    def _class(self, path: str) -> _Defined | None:
        """The class of that name, through the files that only import it."""
        for _ in range(_DEEPEST):
            module, _, name = path.rpartition(".")
            found = self._module(module) if module else None
            if found is None:
                return None
            classes, names = found
            if name in classes:
                return _Defined(classes[name], names)
            if name not in names or names[name] == path:
                return None
            path = names[name]
        return None

    def _read(self, module: str) -> tuple[dict[str, ast.ClassDef], dict[str, str]] | None:
        for root in self._roots:
            stem = join(root, module.replace(".", "/"))
            for path in (f"{stem}.py", f"{stem}/__init__.py"):
                if is_file(path) and not is_link(path):
                    return _names_of(path, module, path.endswith("/__init__.py"))
        return None


def _names_of(
    path: str, module: str, is_package: bool
) -> tuple[dict[str, ast.ClassDef], dict[str, str]] | None:
    document = read(path)
    parsed = parse(document) if isinstance(document, Document) else document
    if isinstance(parsed, Error):
        return None
    classes: dict[str, ast.ClassDef] = {}
    names: dict[str, str] = {}
    for node in parsed.tree.body:
        if isinstance(node, ast.ClassDef):
            classes[node.name] = node
            names[node.name] = f"{module}.{node.name}"
        elif isinstance(node, ast.ImportFrom) and node.level:
            parts = module.split(".")
            up = node.level - 1 if is_package else node.level
            package = ".".join(parts[: len(parts) - up]) if up else module
            origin = f"{package}.{node.module}" if node.module else package
            names.update({alias.asname or alias.name: f"{origin}.{alias.name}" for alias in node.names})
        else:
            names.update({name: _name(value) for name, value in imported(node).items()})
    return classes, names


def _name(value: Value) -> str:
    return value.name if isinstance(value, Reference) else ""


def _full(node: ast.expr, names: Mapping[str, str]) -> str | None:
    """The full name of a base class."""
    parts: list[str] = []
    if isinstance(node, ast.Subscript):  # models.Field[str, str]
        node = node.value
    while isinstance(node, ast.Attribute):
        parts.insert(0, node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id not in names:
        return None
    return ".".join([names[node.id], *parts])


def _typed(node: ast.FunctionDef) -> OwnClass | None:
    """What ``return "text"`` of db_type or get_internal_type says; None where it says more than that."""
    returned = list(_returned(node.body))
    if len(returned) != 1 or not isinstance(returned[0], ast.Constant):
        return None
    value = returned[0].value
    if not isinstance(value, str):
        return None
    return OwnClass(base=value) if node.name == "get_internal_type" else OwnClass(type=value)


def _returned(body: list[ast.stmt]) -> Iterator[ast.expr | None]:
    """What a function returns on PostgreSQL, as far as it asks only which database it is."""
    for node in body:
        if isinstance(node, ast.Return):
            yield node.value
            return
        if isinstance(node, ast.If):
            match node.test:
                case ast.Compare(ops=[ast.Eq()], comparators=[ast.Constant(value=str() as vendor)]):
                    chosen = node.body if vendor == "postgresql" else node.orelse
                    found = list(_returned(chosen))
                    yield from found
                    if found:
                        return
                    continue
            yield None
        elif not isinstance(node, ast.Expr):
            yield None


def _length(node: ast.FunctionDef) -> int | None:
    """The ``max_length`` that ``__init__`` sets: ``kwargs["max_length"] = 20`` and the like."""
    for each in ast.walk(node):
        match each:
            case ast.Assign(
                targets=[ast.Subscript(slice=ast.Constant(value="max_length"))],
                value=ast.Constant(value=int() as length),
            ):
                return length
            case ast.Call(args=[ast.Constant(value="max_length"), ast.Constant(value=int() as length)]):
                return length
            case ast.keyword(arg="max_length", value=ast.Constant(value=int() as length)):
                return length
    return None
