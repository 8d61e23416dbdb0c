"""From the first changelog to every changeSet of a run, in order: includes, properties, filters."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct, field

from migration_lint.model import Document, Error
from migration_lint.sources.folder import base, is_folder, join, listed, real
from migration_lint.sources.tools.liquibase.detection import HEADER
from migration_lint.sources.tools.liquibase.documents import parse
from migration_lint.sources.tools.liquibase.documents.sql import parse_sql
from migration_lint.sources.tools.liquibase.files import Files, OutsideError, plain
from migration_lint.sources.tools.liquibase.filters import Filter
from migration_lint.sources.tools.liquibase.preconditions import fails
from migration_lint.sources.tools.liquibase.properties import Properties
from migration_lint.sources.tools.liquibase.tree import Node, Text, UnreadableError

KINDS = {".xml": "xml", ".yaml": "yaml", ".yml": "yaml", ".json": "json", ".sql": "sql"}
_DEEPEST = 50
"""Changelogs that include one another."""
_INCLUDES = ("include", "includeall")


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


class Changelogs:
    """The changelogs of a history, each read once."""

    def __init__(self, files: Files, alone: Document | None = None) -> None:
        self.files = files
        self._read: dict[str, tuple[Document, Node, list[Error]] | Error] = {}
        if alone is not None:  # it lies in no folder, and only its text says what it is
            self._read[real(alone.path)] = _tree(alone, _kind_by_text(alone.text))

    def read(self, path: str) -> tuple[Document, Node, list[Error]] | Error:
        """The document, its root element, and what is wrong with parts of it; or why it cannot be read."""
        key = real(path)
        if key not in self._read:
            self._read[key] = self._parsed(path)
        return self._read[key]

    def _parsed(self, path: str) -> tuple[Document, Node, list[Error]] | Error:
        kind = kind_of(path)
        document = self.files.read(path, _declared(path) if kind == "xml" else None)
        if isinstance(document, Error):
            return document
        return _tree(document, kind or "xml")

    def included(self, path: str) -> set[str]:
        """The real paths of what a changelog includes, as far as they are there."""
        read = self.read(path)
        if isinstance(read, Error):
            return set()
        found: set[str] = set()
        for child in read[1].children:
            if child.name.lower() not in _INCLUDES:
                continue
            written = child.get("file", "path")
            if written is None or "${" in written:
                continue
            beside = path if child.flag("relativeToChangelogFile") else None
            try:
                place = self.files.find(written, beside)
                if place is not None:
                    found |= {real(inner) for inner in (_below(place, None) if is_folder(place) else [place])}
            except (OutsideError, OSError):
                continue  # the walk says so
        return found


def _tree(document: Document, kind: str) -> tuple[Document, Node, list[Error]] | Error:
    try:
        if kind != "sql":
            node = parse(document, kind)
            if node.name != "databaseChangeLog":
                return Error(
                    document.path, 1, f"no changelog: its root is {node.name}, not databaseChangeLog"
                )
            return document, node, []
        if not HEADER.match(_first_line(document.text)):
            return document, _raw(document), []
        node, slips = parse_sql(document)
        return document, node, [Error(document.path, slip.line, slip.message) for slip in slips]
    except UnreadableError as problem:
        return Error(document.path, problem.line, problem.message)


def _first_line(text: str) -> str:
    return next((line for line in text.split("\n") if line.strip()), "")


def _kind_by_text(text: str) -> str:
    first = _first_line(text).lstrip()
    if first.startswith("<"):
        return "xml"
    if first.startswith("{"):
        return "json"
    return "sql" if first.startswith("--") and "databaseChangeLog" not in text[:4096] else "yaml"


def kind_of(path: str) -> str | None:
    """The format that a file's ending stands for."""
    return KINDS.get(path[path.rfind(".") :].lower()) if "." in base(path) else None


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
            elif name in _INCLUDES:
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
            if child.name.lower() in _INCLUDES:
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
            for inner in _below(path, most)
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


def _below(folder: str, levels: int | None) -> list[str]:
    """The files of a folder and those below it that could be changelogs, sorted as Liquibase sorts paths."""
    found: list[str] = []
    seen: set[str] = set()

    def add(path: str, depth: int) -> None:
        if real(path) in seen or (levels is not None and depth > levels):
            return
        seen.add(real(path))
        inner = listed(path)
        found.extend(inner.join(name) for name in inner.files if kind_of(name) and name[0] != ".")
        for name in inner.folders:
            if name.lower() not in (".svn", "cvs", ".git"):
                add(inner.join(name), depth + 1)

    add(folder, 1)
    return sorted(found)


def candidates(folder: str) -> Iterator[str]:
    """The files in and below a folder that could be changelogs."""
    yield from _below(folder, None)


def _raw(document: Document) -> Node:
    """SQL without a header: one changeSet, sent whole (liquibase.changelog.RawSQL…)."""
    size = len(document.text)

    def attribute(name: str, value: str) -> Node:
        return Node(name, 0, size, Text(value, ((0, 0, size),)), attribute=True)

    text = Text(document.text, ((0, 0, size),) if size else ())
    settings = (attribute("splitStatements", "false"), attribute("stripComments", "false"))
    sql = Node("sql", 0, size, text, settings)
    one = Node("changeSet", 0, size, None, (attribute("id", "raw"), attribute("author", "includeAll"), sql))
    return Node("databaseChangeLog", 0, size, None, (one,))


_DECLARATION = re.compile(rb"\A\s*<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")


def _declared(path: str) -> str | None:
    """The encoding that an XML file says it has, where Python knows it."""
    from migration_lint.sources.folder import head

    found = _DECLARATION.match(head(path)[:300].encode(errors="replace"))
    if found is None:
        return None
    name = found[1].decode()
    try:
        "".encode(name)
    except LookupError:
        return None
    return None if name.lower().replace("-", "") == "utf8" else name
