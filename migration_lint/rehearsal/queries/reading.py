"""Queries from files: folders of SQL, sqlc's query files, exports of pg_stat_statements."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from migration_lint.engines.postgres.parse import parse
from migration_lint.errors import UsageError
from migration_lint.model import Document
from migration_lint.rehearsal.queries.query import Query
from migration_lint.sources.git import Undetected, commit_of, files_then
from migration_lint.sources.text import decode

_SUFFIXES = (".sql", ".csv", ".json")
_NAMED = re.compile(r"^\s*(?:--|#|/\*)\s*name:\s*(?P<name>\w+)\s+:\w+.*$", re.MULTILINE)
"""How sqlc names a query: https://docs.sqlc.dev/en/stable/reference/query-annotations.html"""
_ARGUMENT = re.compile(
    r"sqlc\.(?:narg|arg|slice)\(\s*'?(?P<called>\w+)'?\s*\)|(?<![@\w])@(?P<at>[a-zA-Z_]\w*)", re.IGNORECASE
)
_TYPED = re.compile(r"\b(?P<type>interval|timestamptz?|date|time)\s+(?P<parameter>\$\d+)", re.IGNORECASE)
"""What pg_stat_statements makes of ``interval '1 day'``, and no server takes."""
_HIDDEN = "<insufficient privilege>"


class _Row(msgspec.Struct, frozen=True):
    """A row of an export of pg_stat_statements."""

    query: str
    calls: float | None = None
    queryid: str | int | None = None


def read_queries(paths: Sequence[str]) -> list[Query]:
    """The queries of files, and of all files below folders. Raises UsageError."""
    found: list[Query] = []
    for given in paths:
        path = Path(given)
        files = (
            sorted(each for each in path.rglob("*") if each.suffix in _SUFFIXES) if path.is_dir() else [path]
        )
        for file in files:
            try:
                data = file.read_bytes()
            except OSError as error:
                raise UsageError(f"{file}: the queries cannot be read: {error.strerror}") from error
            found += queries_of(str(file), data)
    if not found:
        raise UsageError(f"--queries: no query in {', '.join(paths)} (.sql, .csv or .json)")
    return found


def read_queries_at(paths: Sequence[str], ref: str) -> list[Query]:
    """The queries that the same paths had in a commit. Raises UsageError."""
    found: list[Query] = []
    try:
        for given in paths:
            path = Path(given).resolve()
            folder = path if path.is_dir() or not path.suffix else path.parent
            near = next(each for each in (folder, *folder.parents) if each.is_dir())
            base = commit_of(str(near), ref)
            root = Path(base.top).resolve()
            inside = folder.relative_to(root).as_posix()
            within = "" if inside == "." else inside
            for name, data in sorted(files_then(base, within).items()):
                file = root / name
                if file.suffix in _SUFFIXES and (file == path or path in file.parents):
                    found += queries_of(f"{ref}:{name}", data)
    except Undetected as problem:
        raise UsageError(f"--queries-from {ref}: {problem}") from problem
    if not found:
        raise UsageError(f"--queries-from {ref}: no query in {', '.join(paths)} there (.sql, .csv or .json)")
    return found


def queries_of(path: str, data: bytes) -> list[Query]:
    """The queries of one file, by its suffix. Raises UsageError."""
    try:
        text = decode(data, None)
        if path.endswith(".csv"):
            rows = list(csv.DictReader(io.StringIO(text)))
            return list(_statistics(path, msgspec.convert(rows, list[_Row], strict=False)))
        if path.endswith(".json"):
            return list(_statistics(path, msgspec.json.decode(text, type=list[_Row])))
    except (ValueError, csv.Error) as error:
        raise UsageError(f"{path}: not an export of pg_stat_statements: {error}") from error
    return list(_scripts(path, text))


def _statistics(path: str, rows: Sequence[_Row]) -> Iterator[Query]:
    for number, row in enumerate(rows, 1):
        if row.query != _HIDDEN and row.query.strip():
            typed = _TYPED.sub(r"\g<parameter>::\g<type>", row.query)
            name = str(row.queryid or f"query {number}")
            yield Query(name, typed, f"{path}:{number}", None if row.calls is None else int(row.calls))


def _scripts(path: str, text: str) -> Iterator[Query]:
    document = Document(path, text)
    marks = list(_NAMED.finditer(text))
    if marks:
        ends = [*(mark.start() for mark in marks[1:]), len(text)]
        for mark, end in zip(marks, ends, strict=True):
            sql = text[mark.end() : end].strip().rstrip(";")
            line = document.line_of(mark.start("name"))
            yield Query(mark["name"], _numbered(sql), f"{path}:{line}")
        return
    for statement in parse(text).statements:
        line = document.line_of(statement.start)
        sql = text[statement.start : statement.end]
        yield Query(f"query in line {line}", _numbered(sql), f"{path}:{line}")


def _numbered(sql: str) -> str:
    """With ``$1`` for ``@name`` and ``sqlc.arg(name)``; the same number for the same name."""
    if "@" not in sql and "sqlc." not in sql:
        return sql
    numbers: dict[str, int] = {}

    def number(match: re.Match[str]) -> str:
        name = match["called"] or match["at"]
        return f"${numbers.setdefault(name, len(numbers) + 1)}"

    return _ARGUMENT.sub(number, sql)
