"""From the first changelog to every changeSet of a run, in order: includes, properties, filters."""

from __future__ import annotations

from msgspec import Struct, field

from migration_lint.model import Document, Error
from migration_lint.sources.folder import is_folder, join, real
from migration_lint.sources.tools.liquibase.changelogs import INCLUDES, Changelogs, below, kind_of
from migration_lint.sources.tools.liquibase.files import OutsideError, plain
from migration_lint.sources.tools.liquibase.filters import Filter
from migration_lint.sources.tools.liquibase.preconditions import fails
from migration_lint.sources.tools.liquibase.properties import Properties
from migration_lint.sources.tools.liquibase.tree import Node

_DEEPEST = 50
"""Changelogs that include one another."""


class ChangeSet(Struct, frozen=True):
    """A changeSet of the run. `node` has the values of properties in it; `missing` are those without one."""

    id: str
    author: str
    path: str
    document: Document
    node: Node
    files: tuple[str, ...]
    properties: Properties
    missing: tuple[tuple[str, int], ...] = ()

    @property
    def key(self) -> str:
        """As Liquibase prints it."""
        return f"{self.path}::{self.id}::{self.author}"


class Run(Struct):
    """What a walk found. `seen` are the changelogs and property files that were read."""

    change_sets: list[ChangeSet] = field(default_factory=list)
    errors: list[Error] = field(default_factory=list)
    seen: dict[str, str] = field(default_factory=dict)
    """By real path, as written in messages."""


def walk(changelogs: Changelogs, entries: list[str], run: Filter, given: dict[str, str]) -> Run:
    """Every changeSet that Liquibase would run from these changelogs, one after the other."""
    result = Run()
    properties = Properties(given)
    for path in entries:
        _Walker(changelogs, run, result).changelog(path, properties, (), None)
    first = [one for one in result.change_sets if one.node.get("runOrder") == "first"]
    last = [one for one in result.change_sets if one.node.get("runOrder") == "last"]
    if first or last:
        middle = [one for one in result.change_sets if one not in first and one not in last]
        result.change_sets[:] = [*first, *middle, *last]
    return result


class _Walker:
    def __init__(self, changelogs: Changelogs, run: Filter, result: Run) -> None:
        self._changelogs = changelogs
        self._files = changelogs.files
        self._run = run
        self._result = result

    def _error(self, path: str, line: int, message: str) -> None:
        self._result.errors.append(Error(path, line, message))

    def changelog(
        self, path: str, properties: Properties, outer: tuple[str, ...], logical: str | None
    ) -> None:
        """One changelog, and what it includes where it includes it."""
        self._result.seen.setdefault(real(path), path)
        read = self._changelogs.read(path)
        if isinstance(read, Error):
            self._result.errors.append(read)
            return
        document, root, problems = read
        self._result.errors += problems
        logical = root.get("logicalFilePath") or logical
        top = properties.resolved(root_settings(root), lambda *_: None)
        outcome = fails(top, self._run, properties)
        if outcome in ("HALT", "MARK_RAN"):
            line = document.line_of(root.start)
            message = f"its preconditions are not for {self._run.database}: Liquibase stops there"
            if outcome == "HALT":
                self._error(path, line, message)
            return
        for child in root.children:
            name = child.name.lower()
            if name == "property":
                self._property(document, child, properties)
            elif name in INCLUDES:
                self._include(document, child, properties, outer, name == "includeall")
            elif name == "changeset":
                self._change_set(document, child, properties, outer, logical)
            elif name == "modifychangesets":
                self._modified(document, child, properties, outer, logical)

    def _modified(
        self,
        document: Document,
        node: Node,
        properties: Properties,
        outer: tuple[str, ...],
        logical: str | None,
    ) -> None:
        for child in node.children:
            if child.name.lower() in INCLUDES:
                self._include(document, child, properties, outer, child.name.lower() == "includeall")
            elif child.name.lower() == "changeset":
                self._change_set(document, child, properties, outer, logical)

    def _applies(self, node: Node) -> bool:
        return (
            not node.flag("ignore")
            and self._run.context_matches(node.get("contextFilter", "context"))
            and self._run.labels_match(node.get("labels"))
            and self._run.database_matches(node.get("dbms"))
        )

    def _property(self, document: Document, node: Node, properties: Properties) -> None:
        node = properties.resolved(node, lambda *_: None)
        if not self._applies(node):
            return
        shared = node.flag("global", default=True)
        file = node.get("file")
        if file is not None:
            self._property_file(document, node, file, properties, shared)
            return
        name, value = node.get("name"), node.text_of("value")
        if name is not None:
            properties.define(name, value.value if value is not None else "", shared=shared)

    def _property_file(
        self, document: Document, node: Node, file: str, properties: Properties, shared: bool
    ) -> None:
        from migration_lint.sources.tools.liquibase.configuration import pairs

        path = self._found(document, node, file)
        if path is None:
            return
        self._result.seen.setdefault(real(path), path)
        content = self._files.read(path)
        if isinstance(content, Error):
            self._result.errors.append(content)
            return
        for name, value in pairs(content.text):
            properties.define(name, value, shared=shared)

    def _found(self, document: Document, node: Node, written: str) -> str | None:
        """The file or folder; an error where it is not there and has to be."""
        beside = document.path if node.flag("relativeToChangelogFile") else None
        line = document.line_of(node.start)
        try:
            path = self._files.find(written, beside)
        except OutsideError:
            self._error(document.path, line, f"{written} lies outside the repository: it is not read")
            return None
        if path is None:
            needed = node.flag("errorIfMissing", default=True) and node.flag(
                "errorIfMissingOrEmpty", default=True
            )
            if needed:
                self._error(document.path, line, f"{written}: no such file or folder")
        return path

    def _include(
        self, document: Document, node: Node, properties: Properties, outer: tuple[str, ...], whole: bool
    ) -> None:
        missing: list[str] = []
        node = properties.resolved(node, lambda name, _: missing.append(name))
        line = document.line_of(node.start)
        if not self._applies(node):
            return
        written = node.get("path", "file") if whole else node.get("file", "path")
        if written is None:
            self._error(document.path, line, f"{node.name} names no {'path' if whole else 'file'}")
            return
        if missing:
            self._error(document.path, line, f"{written}: no value is set for the property {missing[0]}")
            return
        path = self._found(document, node, written)
        if path is None:
            return
        try:
            paths = self._of_folder(document, node, path, line) if whole else [path]
        except OSError as problem:
            self._error(path, 1, f"cannot be read: {problem.strerror or problem}")
            return
        if not whole and is_folder(path):
            self._error(document.path, line, f"{written} is a folder: use includeAll")
            return
        for inner in paths:
            self._included(document, inner, line, properties, (*outer, document.path), node, whole)

    def _of_folder(self, document: Document, node: Node, path: str, line: int) -> list[str]:
        if not is_folder(path):
            self._error(document.path, line, f"{path} is no folder: use include")
            return []
        for name in ("filter", "resourceFilter", "resourceComparator"):
            if node.get(name) is not None:
                self._error(
                    document.path,
                    line,
                    f"{name} is Java code: which of the files run, and in what order, is not known",
                )
                break
        ending = node.get("endsWithFilter") or ""
        least, most = _number(node.get("minDepth"), 0), _number(node.get("maxDepth"), None)
        found = [
            inner
            for inner in below(path, most)
            if inner.lower().endswith(ending.lower())
            and inner[len(path) + 1 :].count("/") + 1 >= (least or 0)
        ]
        if not found and node.flag("errorIfMissingOrEmpty", default=True):
            self._error(document.path, line, f"{path}: nothing in it to include")
        return found

    def _included(
        self,
        document: Document,
        path: str,
        line: int,
        properties: Properties,
        outer: tuple[str, ...],
        node: Node,
        whole: bool,
    ) -> None:
        if real(path) in {real(one) for one in outer}:
            if not whole:
                chain = " includes ".join([*outer, path])
                self._error(document.path, line, f"a loop: {chain}")
            return
        if len(outer) > _DEEPEST:
            self._error(document.path, line, f"more than {_DEEPEST} changelogs include one another")
            return
        if kind_of(path) is None:
            self._error(document.path, line, f"{path}: no format of changelogs has such an ending")
            return
        place = real(path)
        if place != self._files.boundary and not place.startswith(join(self._files.boundary, "")):
            self._error(document.path, line, f"{path} lies outside the repository: it is not read")
            return
        self.changelog(path, properties.inner(), outer, node.get("logicalFilePath"))

    def _change_set(
        self,
        document: Document,
        node: Node,
        properties: Properties,
        outer: tuple[str, ...],
        logical: str | None,
    ) -> None:
        missing: list[tuple[str, int]] = []
        node = properties.resolved(node, lambda name, at: missing.append((name, at)))
        line = document.line_of(node.start)
        if not self._applies(node):
            return
        id, author = node.get("id"), node.get("author")
        if id is None or author is None:
            self._error(document.path, line, f"a changeSet without {'an id' if id is None else 'an author'}")
            if id is None:
                return
        if fails(node, self._run, properties) in ("MARK_RAN", "CONTINUE"):
            return
        path = node.get("logicalFilePath") or logical or self._files.logical(document.path)
        self._result.change_sets.append(
            ChangeSet(
                id,
                author or "",
                plain(path),
                document,
                node,
                (document.path, *outer[1:]),
                properties,
                tuple(missing),
            )
        )


def root_settings(root: Node) -> Node:
    """The root element with its preconditions alone."""
    kept = tuple(child for child in root.children if child.name.lower() == "preconditions")
    return Node(root.name, root.start, root.end, None, kept)


def _number(written: str | None, usual: int | None) -> int | None:
    return int(written) if written is not None and written.isdigit() else usual
