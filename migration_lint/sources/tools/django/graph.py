"""The migrations of a project as a graph, and the order in which Django runs them."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from migration_lint.model import Error
from migration_lint.sources.tools.django.files import MigrationFile, Node


class Graph(Struct, frozen=True):
    """The files in order. `superseded` are those that others stand for, or that stand for others.

    `heads` are (app, its last migrations) where there are several.
    """

    order: tuple[MigrationFile, ...]
    superseded: frozenset[Node]
    heads: tuple[tuple[str, tuple[MigrationFile, ...]], ...]
    errors: tuple[Error, ...]


def graph_of(known: Mapping[Node, MigrationFile]) -> Graph:
    """The order, each file after those that it comes after, and what is wrong with it.

    A squashed migration does nothing where those that it stands for are there too: databases have run
    them. Where some are gone, it is the one that runs.
    """
    superseded, stands_for = _replaced(known)
    errors: list[Error] = []
    parents: dict[Node, set[Node]] = {node: set() for node in known}
    apps = {node[0] for node in known}
    for node, file in known.items():
        for dependency in file.dependencies:
            for found in _resolved(dependency, node, known, stands_for):
                parents[node].add(found)
            is_ours = dependency[0] in apps and not dependency[1].startswith("__")
            if is_ours and not _resolved(dependency, node, known, stands_for):
                message = f"it comes after {'.'.join(dependency)}, and there is no such migration"
                errors.append(Error(file.path, file.line, message))
        for dependency in file.run_before:
            for found in _resolved(dependency, node, known, stands_for):
                parents[found].add(node)
        for replaced in file.replaces:
            if replaced in known:
                parents[node].add(replaced)
                parents[node] |= {each for each in parents[replaced] if each not in file.replaces}
    order, circle = _walk(known, parents)
    if circle:
        first = known[circle[0]]
        names = ", ".join(".".join(each) for each in circle[:4])
        errors.append(Error(first.path, first.line, f"migrations come after each other in a circle: {names}"))
    return Graph(
        tuple(known[node] for node in order),
        superseded,
        tuple(_heads(known, superseded, stands_for)),
        tuple(errors),
    )


def _replaced(known: Mapping[Node, MigrationFile]) -> tuple[frozenset[Node], dict[Node, Node]]:
    """The migrations that do nothing, and by which file one that is gone is stood for."""
    superseded: set[Node] = set()
    stands_for: dict[Node, Node] = {}
    for node, file in known.items():
        if not file.replaces:
            continue
        if all(each in known for each in file.replaces):
            superseded.add(node)
        else:
            superseded |= {each for each in file.replaces if each in known}
            stands_for |= {each: node for each in file.replaces if each not in known}
    return frozenset(superseded), stands_for


def _resolved(
    dependency: Node, of: Node, known: Mapping[Node, MigrationFile], stands_for: Mapping[Node, Node]
) -> list[Node]:
    app, name = dependency
    if dependency in known:
        return [dependency] if dependency != of else []
    if dependency in stands_for:
        return [stands_for[dependency]] if stands_for[dependency] != of else []
    if app == of[0] or not name.startswith("__"):
        return []
    own = [node for node in known if node[0] == app]
    if name == "__first__":
        firsts = [n for n in own if not any(d[0] == app for d in known[n].dependencies)]
        return sorted(firsts)[:1]
    followed = {each for node in own for each in known[node].dependencies}
    return [node for node in own if node not in followed]


def _walk(
    known: Mapping[Node, MigrationFile], parents: Mapping[Node, set[Node]]
) -> tuple[list[Node], list[Node]]:
    """Depth first from the last migrations of each app, as Django does; and the first circle."""
    done: dict[Node, None] = {}
    circle: list[Node] = []
    open_: set[Node] = set()
    followed = {each for found in parents.values() for each in found}
    starts = [node for node in sorted(known) if node not in followed]
    for start in (*starts, *sorted(known)):
        stack: list[tuple[Node, bool]] = [(start, False)]
        while stack:
            node, leaving = stack.pop()
            if leaving:
                open_.discard(node)
                done.setdefault(node)
                continue
            if node in done:
                continue
            if node in open_:
                circle = circle or [node]
                continue
            open_.add(node)
            stack.append((node, True))
            stack += [(each, False) for each in sorted(parents[node], reverse=True) if each not in done]
    return list(done), circle


def _heads(
    known: Mapping[Node, MigrationFile], superseded: frozenset[Node], stands_for: Mapping[Node, Node]
) -> list[tuple[str, tuple[MigrationFile, ...]]]:
    """The apps with several migrations that nothing in the app comes after."""
    followed: set[Node] = set()
    for node, file in known.items():
        for each in (*file.dependencies, *file.replaces):
            if each[0] == node[0]:
                followed |= {each, *([stands_for[each]] if each in stands_for else [])}
        if file.replaces:
            followed |= {d for d in file.dependencies if d[0] == node[0]}
    found = []
    for app in sorted({node[0] for node in known}):
        squashes = {node for node in superseded if known[node].replaces}
        last = [node for node in sorted(known) if node[0] == app and node not in followed]
        covered = {each for node in squashes for each in known[node].replaces}
        last = [node for node in last if node not in squashes or not covered]
        if len(last) > 1:
            found.append((app, tuple(known[node] for node in last)))
    return found
