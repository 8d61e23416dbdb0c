"""The revisions of a folder as a graph, and the order in which Alembic runs them."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from msgspec import Struct

from migration_lint.model import Document, Error
from migration_lint.sources.python.syntax import Module, parse
from migration_lint.sources.python.values import NotLiteral, Value, assignment, evaluate, module_scope


class Revision(Struct, frozen=True):
    """A revision's file: its id, what it comes after, and its functions."""

    id: str
    path: str
    module: Module
    scope: dict[str, Value]
    down: tuple[str, ...]
    depends_on: tuple[str, ...]
    labels: tuple[str, ...]
    line: int
    """Of ``revision``."""
    down_line: int
    """Of ``down_revision``."""

    def function(self, name: str) -> ast.FunctionDef | None:
        """The function of that name at the top of the file."""
        found = [node for node in self.module.tree.body if isinstance(node, ast.FunctionDef)]
        return next((node for node in reversed(found) if node.name == name), None)


def revision(document: Document) -> Revision | Error | None:
    """The file as a revision; None where it is Python without ``revision``, which Alembic passes over."""
    module = parse(document)
    if isinstance(module, Error):
        return module
    given: dict[str, tuple[Value, int]] = {}
    scope = module_scope(module.tree.body)
    for node in module.tree.body:
        name, value = assignment(node)
        if name in ("revision", "down_revision", "branch_labels", "depends_on") and value is not None:
            try:
                given[name] = evaluate(value, scope), module.line(node)
            except NotLiteral as problem:
                return Error(
                    document.path, module.line(node), f"{name} is {problem.why}: it must be spelled out"
                )
    if "revision" not in given:
        return None
    found, line = given["revision"]
    if not isinstance(found, str):
        return Error(document.path, line, "revision is no text")
    lists: dict[str, tuple[str, ...]] = {}
    for name in ("down_revision", "branch_labels", "depends_on"):
        written, at = given.get(name, (None, line))
        names = _names(written)
        if names is None:
            return Error(document.path, at, f"{name} is neither a revision nor a list of revisions")
        lists[name] = names
    return Revision(
        found,
        document.path,
        module,
        scope,
        lists["down_revision"],
        lists["depends_on"],
        lists["branch_labels"],
        line,
        given.get("down_revision", (None, line))[1],
    )


def _names(value: Value) -> tuple[str, ...] | None:
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,) if value else ()
    if isinstance(value, (list, tuple)) and all(isinstance(each, str) for each in value):
        return tuple(value)
    return None


def resolved(names: Sequence[str], known: dict[str, Revision]) -> list[str]:
    """The ids that are meant: Alembic takes the beginning of an id, or a branch's label, too."""
    labels = {label: each.id for each in known.values() for label in each.labels}
    out = []
    for name in names:
        near = [id_ for id_ in known if id_.startswith(name)] if len(name) >= 4 else []
        if name in known:
            out.append(name)
        elif name in labels:
            out.append(labels[name])
        elif len(near) == 1:
            out.append(near[0])
        else:
            out.append(name)
    return out


def ordered(known: dict[str, Revision]) -> tuple[list[Revision], list[Error]]:
    """The revisions, each after those that it comes after, and what is wrong with the graph.

    What is in a cycle is put where its file's name sorts, and named.
    """
    errors: list[Error] = []
    before: dict[str, set[str]] = {}
    for each in known.values():
        names = resolved((*each.down, *each.depends_on), known)
        for name in names:
            if name not in known:
                errors.append(
                    Error(each.path, each.down_line, f"it comes after {name}, and there is no such revision")
                )
        before[each.id] = {name for name in names if name in known}
    after: dict[str, list[str]] = {id_: [] for id_ in known}
    for id_, earlier in before.items():
        for name in earlier:
            after[name].append(id_)
    places = {id_: number for number, id_ in enumerate(sorted(known, key=lambda id_: known[id_].path))}
    waiting = {id_: len(earlier) for id_, earlier in before.items()}
    ready = sorted(
        (id_ for id_, number in waiting.items() if not number), key=places.__getitem__, reverse=True
    )
    done: list[Revision] = []
    while ready:
        id_ = ready.pop()
        done.append(known[id_])
        freed = []
        for following in after[id_]:
            waiting[following] -= 1
            if not waiting[following]:
                freed.append(following)
        ready += sorted(freed, key=places.__getitem__, reverse=True)
    left = sorted((id_ for id_, number in waiting.items() if number), key=places.__getitem__)
    if left:
        members = [known[id_] for id_ in left]
        first = members[0]
        message = f"revisions come after each other in a circle: {', '.join(left[:4])}"
        errors.append(Error(first.path, first.down_line, message + (" and others" if left[4:] else "")))
        done += members
    return done, errors


def heads(known: dict[str, Revision]) -> list[Revision]:
    """The revisions that nothing comes after, in the order of their files."""
    followed = {name for each in known.values() for name in resolved((*each.down, *each.depends_on), known)}
    return sorted((each for each in known.values() if each.id not in followed), key=lambda each: each.path)
