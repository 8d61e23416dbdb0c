"""From a project to its history."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from msgspec import Struct

from migration_lint.model import (
    Disorder,
    Document,
    DownOrigin,
    Error,
    Irregularity,
    Script,
    TransactionMode,
)
from migration_lint.sources.derived import Derived, script
from migration_lint.sources.folder import Folder, is_file, join, listed, parent
from migration_lint.sources.python.values import Call, NotLiteral, Opaque, Reference, Value, evaluate
from migration_lint.sources.scripts import entry
from migration_lint.sources.source import Entry, Gap, Reading, Request, settings_of
from migration_lint.sources.text import read as read_text
from migration_lint.sources.tools.django import project
from migration_lint.sources.tools.django.fields import Context
from migration_lint.sources.tools.django.files import MigrationFile, Node, migration_file
from migration_lint.sources.tools.django.graph import graph_of
from migration_lint.sources.tools.django.operations import Operation, after, operation_of
from migration_lint.sources.tools.django.own_classes import OwnClasses
from migration_lint.sources.tools.django.project import App, Settings
from migration_lint.sources.tools.django.runner import Runner
from migration_lint.sources.tools.django.running import backwards as undo
from migration_lint.sources.tools.django.running import forwards, is_reversible
from migration_lint.sources.tools.django.schema_editor import SchemaEditor
from migration_lint.sources.tools.django.state import Named, State

_TOOL = "django"
_HINT = "not read without running it; --render asks Django for its SQL"
_VERSION = (5, 2)
"""Of Django, where nothing says which it is."""


class _Project(Struct, frozen=True):
    settings: Settings
    classes: OwnClasses

    def context(self, app: str) -> Context:
        return Context(app, self.settings.swapped, self.classes.field, self.settings.auto_field)

    @property
    def version(self) -> tuple[int, int]:
        return self.settings.version or _VERSION


class _Step(Struct, frozen=True):
    """An operation that was understood, and the models before and after it."""

    operation: Operation
    before: State
    after: State


def read(folder: Folder, request: Request) -> Reading:
    """The migrations of all apps of the project, in order."""
    given = settings_of(request, _TOOL)
    if request.engine not in (None, "postgres") and given.get("render") is not True:
        message = f"Django's migrations are read as SQL for PostgreSQL only, and {request.engine} is checked"
        return Reading(errors=(Error(folder.path, 1, message),), complete=False)
    settings = project.settings_of(folder.path, given)
    fields = given.get("fields")
    own = OwnClasses(_import_roots(folder.path), fields if isinstance(fields, Mapping) else {})
    apps = list(project.apps_of(folder.path)) or _of_folder(folder)
    errors: list[Error] = []
    gaps: list[Gap] = []
    known: dict[Node, MigrationFile] = {}
    taken: dict[str, str] = {}
    for app in apps:
        label = _label(app, settings, taken)
        if not app.is_package:
            errors.append(Error(app.folder, 1, "no __init__.py in it: Django does not run its migrations"))
        gaps += [
            Gap(Error(path, 1, "Django runs Python files; whether one of them runs this is not known"), 0)
            for path in _sql_below(app.folder)
        ]
        for name in app.files:
            path = join(app.folder, name)
            document = read_text(path, request.encoding)
            node = (label, name.removesuffix(".py"))
            found = (
                document
                if isinstance(document, Error)
                else migration_file(document, node, dict(settings.swapped))
            )
            if isinstance(found, Error):
                errors.append(found)
            elif found is None:
                message = "no class Migration in it: Django refuses to run any migration"
                gaps.append(Gap(Error(path, 1, message), 0))
            else:
                known[node] = found
    return _folded(known, _Project(settings, own), errors, gaps, folder.path)


def _folded(
    known: Mapping[Node, MigrationFile], of: _Project, errors: list[Error], gaps: list[Gap], root: str
) -> Reading:
    graph = graph_of(known)
    errors += graph.errors
    state = State()
    entries: list[Entry] = []
    foreign = False
    for file in graph.order:
        foreign = foreign or any(d[0] not in {n[0] for n in known} for d in file.dependencies)
        skipped = file.node in graph.superseded
        made, told, state = _entry(file, state, of, skipped=skipped)
        gaps += [Gap(error, len(entries)) for error in told]
        entries.append(made)
    irregularities = [_head(app, head, heads[0]) for app, heads in graph.heads for head in heads[1:]]
    paths = {file.path for file in known.values()}
    complete = not errors and not foreign and not any(gap.error.path in paths for gap in gaps)
    manage = join(root, "manage.py")
    configuration = (*((manage,) if is_file(manage) else ()), *of.settings.files)
    return Reading(tuple(entries), tuple(errors), tuple(gaps), complete, configuration, tuple(irregularities))


def single(document: Document, request: Request) -> Reading:
    """A document as the only migration of an app; the models before it are not known."""
    found = migration_file(document, ("app", "migration"), {"AUTH_USER_MODEL": "auth.User"})
    if found is None:
        found = Error(document.path, 1, "no class Migration in it")
    if isinstance(found, Error):
        return Reading(errors=(found,), complete=False)
    of = _Project(Settings({"AUTH_USER_MODEL": "auth.User"}, "BigAutoField"), OwnClasses((), {}))
    made, told, _ = _entry(found, State(), of, skipped=False)
    return Reading((made,), gaps=tuple(Gap(error, 0) for error in told), complete=False)


def _label(app: App, settings: Settings, taken: dict[str, str]) -> str:
    """The label of an app; where two apps have the same, the second goes by its folder."""
    dotted = app.folder.replace("/", ".")
    moved = next((k for k, v in settings.modules.items() if f".{dotted}".endswith(f".{v}")), None)
    label = moved or app.label
    if label in taken:
        label = (parent(app.folder) or app.folder).replace("/", ".")
    taken[label] = app.folder
    return label


def _of_folder(folder: Folder) -> list[App]:
    """The folder itself as an app's, where it was named as one."""
    return [project.app_of(folder)] if project.holds_migrations(folder) else []


def _import_roots(root: str) -> tuple[str, ...]:
    """The folders from which the project imports its own modules."""
    return tuple(path for path in (root, join(root, "src"), join(root, "apps")) if path)


def _sql_below(path: str) -> Iterator[str]:
    waiting = [path]
    while waiting:
        try:
            folder = listed(waiting.pop())
        except OSError:
            continue
        yield from map(folder.join, folder.sql)
        waiting += [folder.join(name) for name in folder.folders if name != "__pycache__"]


def _entry(
    file: MigrationFile, state: State, of: _Project, *, skipped: bool
) -> tuple[Entry, list[Error], State]:
    """A migration in both directions, what was not understood of it, and the models after it."""
    app, name = file.node
    mode = TransactionMode.ONE if file.atomic else TransactionMode.EACH
    document = file.module.document
    if skipped:
        nothing = Script(document, "", mode)
        return entry(_TOOL, f"{app}.{name}", nothing, aliases=(name,)), [], state
    context = of.context(app)
    told: list[tuple[int, str]] = list(file.unread)
    steps, wholly = _steps(file, state, context, of, told)
    (up, tables), unread = _script(file, steps, state, of, context, mode, backwards=False)
    told += unread
    last = steps[-1].after if steps else state
    then = last.with_tables(tables)
    down = None
    if wholly and not told and all(is_reversible(step.operation) for step in steps):
        (undone, _), missing = _script(file, steps, then, of, context, mode, backwards=True)
        down = undone if not missing else None
    errors = [Error(file.path, line, f"{what}: {_HINT}") for line, what in dict.fromkeys(told)]
    origin = DownOrigin.DERIVED if down is not None else DownOrigin.NONE
    if down is not None and not down.sql.strip() and up.sql.strip():
        down, origin = None, DownOrigin.DERIVED
    made = entry(_TOOL, f"{app}.{name}", up, down, aliases=(name,), down_origin=origin)
    return made, errors, then


def _steps(
    file: MigrationFile, state: State, context: Context, of: _Project, told: list[tuple[int, str]]
) -> tuple[list[_Step], bool]:
    """The operations that are understood, and whether all are."""
    steps: list[_Step] = []
    wholly = True
    for node in file.operations:
        line = file.module.line(node)
        try:
            value = _valued(node, file.scope)
            operation = operation_of(value, of.classes.operation)
            then = after(operation, context.app, state, context) if operation is not None else state
        except NotLiteral as problem:
            told.append((line, problem.why))
            wholly = False
            continue
        except RecursionError:
            told.append((line, "code that is nested too deep"))
            wholly = False
            continue
        if operation is None:
            told.append((line, f"`{_name(value)}(…)`, an operation that is not known here"))
            wholly = False
        else:
            steps.append(_Step(operation, state, then))
            state = then
    return steps, wholly


def _valued(node: ast.expr, scope: dict[str, Value]) -> Value:
    """The operation's value; of a RunPython, whatever it is given. Raises NotLiteral."""
    try:
        return evaluate(node, scope)
    except NotLiteral:
        if not isinstance(node, ast.Call):
            raise
        function = evaluate(node.func, scope)
        if not isinstance(function, Reference) or function.last != "RunPython":
            raise
    args = tuple(_or_opaque(each, scope) for each in node.args)
    keywords = {each.arg or "**": _or_opaque(each.value, scope) for each in node.keywords}
    return Call(function.name, args, keywords, node)


def _or_opaque(node: ast.expr, scope: dict[str, Value]) -> Value:
    try:
        return evaluate(node, scope)
    except NotLiteral:
        return Opaque("a function")


def _name(value: object) -> str:
    return getattr(value, "name", type(value).__name__)


_Tables = Mapping[str, tuple[Named, ...]]


def _script(
    file: MigrationFile,
    steps: list[_Step],
    state: State,
    of: _Project,
    context: Context,
    mode: TransactionMode,
    *,
    backwards: bool,
) -> tuple[tuple[Script, _Tables], list[tuple[int, str]]]:
    editor = SchemaEditor(state.tables, of.settings.auto_field, of.version)
    runner = Runner(editor, file.module, context.app, context)
    told: list[tuple[int, str]] = []
    for step in reversed(steps) if backwards else steps:
        try:
            if backwards:
                undo(runner, step.operation, step.after, step.before)
            else:
                forwards(runner, step.operation, step.before, step.after)
        except NotLiteral as problem:
            told.append((file.module.line(step.operation.call.node), problem.why))
    editor.finish()
    document = file.module.document
    told += [(document.line_of(at), why) for at, why in editor.unread]
    statements = [
        Derived(each.sql, each.place.start, each.place.end, each.place.pieces, opaque=each.opaque)
        for each in editor.statements
    ]
    made = script(document, statements, file.module.comments(), mode)
    return (made, {table: tuple(names) for table, names in editor.tables.items()}), told


def _head(app: str, head: MigrationFile, first: MigrationFile) -> Irregularity:
    return Irregularity(
        Disorder.HEADS,
        ".".join(head.node),
        head.path,
        ".".join(first.node),
        consequence="`manage.py migrate` refuses to run while an app has several last migrations",
        remedy=f"let it come after the other one (dependencies = [{first.node!r}]), or run "
        "`manage.py makemigrations --merge`",
        line=head.line,
    )
