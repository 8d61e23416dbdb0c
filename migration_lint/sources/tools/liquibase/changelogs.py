"""The changelogs of a history as trees, each read once, and which of them includes which."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migration_lint.model import Document, Error
from migration_lint.sources.folder import base, head, is_folder, listed, real
from migration_lint.sources.tools.liquibase.detection import HEADER
from migration_lint.sources.tools.liquibase.documents import parse
from migration_lint.sources.tools.liquibase.documents.sql import parse_sql
from migration_lint.sources.tools.liquibase.files import Files, OutsideError
from migration_lint.sources.tools.liquibase.tree import Node, Text, UnreadableError

KINDS = {".xml": "xml", ".yaml": "yaml", ".yml": "yaml", ".json": "json", ".sql": "sql"}
INCLUDES = ("include", "includeall")
"""Names of the elements, in lower case."""

_DECLARATION = re.compile(rb"\A\s*<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")


class Changelogs:
    """The changelogs of a history, each read once."""

    def __init__(self, files: Files, alone: Document | None = None) -> None:
        self.files = files
        self._read: dict[str, tuple[Document, Node, list[Error]] | Error] = {}
        if alone is not None:  # it lies in no folder, and only its text says what it is
            self._read[real(alone.path)] = read_tree(alone, _kind_by_text(alone.text))

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
        return read_tree(document, kind or "xml")

    def included(self, path: str) -> set[str]:
        """The real paths of what a changelog includes, as far as they are there."""
        read = self.read(path)
        if isinstance(read, Error):
            return set()
        found: set[str] = set()
        for child in read[1].children:
            if child.name.lower() not in INCLUDES:
                continue
            written = child.get("file", "path")
            if written is None or "${" in written:
                continue
            beside = path if child.flag("relativeToChangelogFile") else None
            try:
                place = self.files.find(written, beside)
                if place is not None:
                    found |= {real(inner) for inner in (below(place, None) if is_folder(place) else [place])}
            except (OutsideError, OSError):
                continue  # the walk says so
        return found


def read_tree(document: Document, kind: str) -> tuple[Document, Node, list[Error]] | Error:
    """The document, its root element, and what is wrong with parts of it; or why it cannot be read."""
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


def below(folder: str, levels: int | None) -> list[str]:
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
    yield from below(folder, None)


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


def _declared(path: str) -> str | None:
    """The encoding that an XML file says it has, where Python knows it."""
    found = _DECLARATION.match(head(path)[:300].encode(errors="replace"))
    if found is None:
        return None
    name = found[1].decode()
    try:
        "".encode(name)
    except LookupError:
        return None
    return None if name.lower().replace("-", "") == "utf8" else name
