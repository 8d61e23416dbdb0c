"""goose: ``00001_create_users.sql`` with ``-- +goose Up`` and ``-- +goose Down`` in it.

goose wraps a file in a transaction unless it says ``-- +goose NO TRANSACTION``, and sends its
statements one by one: each ends at a line whose last word ends with a semicolon, unless it stands
between ``StatementBegin`` and ``StatementEnd``. https://pressly.github.io/goose/documentation/annotations/
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from migration_lint.model import Document, Error, Script, TransactionMode
from migration_lint.sources.folder import Folder, head, nearest
from migration_lint.sources.manifests import named_by
from migration_lint.sources.marks import Line, cut_quote, lines, says_nothing
from migration_lint.sources.placeholders import values
from migration_lint.sources.scripts import error_at, filled, section, unset
from migration_lint.sources.source import Reading, Request
from migration_lint.sources.sql_files import Built, Named, SqlFiles, plain

_NAME = re.compile(r"([0-9]+)_.*\.sql\Z")
_MARK = re.compile(
    r"^--\s*\+goose\s+(?:up|down|statementbegin|no transaction)\b", re.IGNORECASE | re.MULTILINE
)
_ANNOTATION = re.compile(r"\s*--.*?\+goose\b(.*)")
_DIRECTORY = re.compile(r"^\s*(?:export\s+)?GOOSE_MIGRATION_DIR\s*=\s*[\"']?([^\"'\r\n#]+)", re.MULTILINE)
_KNOWN = ("up", "down", "statementbegin", "statementend", "no transaction", "envsub on", "envsub off")


class Goose(SqlFiles):
    """The reader of goose's folders."""

    name = "goose"
    precedence = 20
    outside_transaction = "with -- +goose NO TRANSACTION at the top of its file"
    late = "goose stops on every database that has run a newer one, unless it is run with -allow-missing"
    duplicate = "goose stops: it found two files with one version"
    form = "NUMBER_name.sql"
    code = ("go",)

    def recognises(self, folder: Folder) -> str | None:
        """goose's annotations, or its configuration, which names the folder."""
        if not folder.sql:
            return None
        if any("+goose" in text and _MARK.search(text) for text in folder.sample):
            return "-- +goose annotations"
        configuration = nearest(folder.path, (".goose.env",))
        return configuration if configuration and _names(configuration, folder.path) else None

    def named(self, file: str) -> Named | None:
        """The number before the first underscore; it is never 0."""
        match = _NAME.match(file)
        return plain(file, match.group(1)) if match and int(match.group(1)) > 0 else None

    def read(self, folder: Folder, request: Request) -> Sequence[Reading]:
        """One migration per file."""
        configuration = nearest(folder.path, (".goose.env",))
        names = [name for name in folder.files if name[0] != "."]
        return (self.read_names(folder, names, request, [configuration] if configuration else ()),)

    def built(self, document: Document, request: Request) -> Sequence[Built]:
        """The lines after ``Up`` and those after ``Down``."""
        marks, errors = _annotations(document)
        words = [word for word, _ in marks]
        if "up" not in words:
            why = "goose refuses the file: it has no -- +goose Up"
            return [Built(None, None, (*errors, Error(document.path, 1, why)))]
        mode = TransactionMode.EACH if "no transaction" in words else TransactionMode.ONE
        up_mark = marks[words.index("up")][1]
        down_mark = marks[words.index("down")][1] if "down" in words else None
        if down_mark is not None and down_mark.start < up_mark.start:
            errors.append(
                error_at(document, down_mark.start, "goose refuses the file: Down stands before Up")
            )
            return [Built(None, None, tuple(errors))]
        up = section(document, [(up_mark.end, down_mark.start if down_mark else len(document.text))], mode)
        down = section(document, [(down_mark.end, len(document.text))], mode) if down_mark else None
        if down is not None and says_nothing(down.sql):
            down = None
        errors += _cut_statements(document, up_mark.end)
        if "envsub on" in words:
            up, more = _substituted(up, request)
            errors += more
            if down is not None:
                down, more = _substituted(down, request)
                errors += more
        return [Built(up, down, tuple(errors))]


def _names(configuration: str, folder: str) -> bool:
    found = _DIRECTORY.search(head(configuration))
    return found is not None and named_by(configuration, folder, found.group(1).strip())


def _annotations(document: Document) -> tuple[list[tuple[str, Line]], list[Error]]:
    marks: list[tuple[str, Line]] = []
    errors: list[Error] = []
    if "+goose" not in document.text:
        return marks, errors
    for line in lines(document.text):
        match = _ANNOTATION.match(line.text) if "+goose" in line.text else None
        if match is None or not line.text.lstrip().startswith("--"):
            continue
        word = match.group(1).strip().lower()
        if word not in _KNOWN:
            why = f"goose refuses the file: it knows no annotation {match.group(1).strip()!r}"
            errors.append(error_at(document, line.start, why))
        elif line.text[0] != "-":
            errors.append(error_at(document, line.start, "goose refuses the file: an annotation is indented"))
        elif word in ("up", "down") and any(known == word for known, _ in marks):
            errors.append(error_at(document, line.start, f"goose refuses the file: a second {word.title()}"))
        else:
            marks.append((word, line))
    return marks, errors


def _cut_statements(document: Document, start: int) -> list[Error]:
    """Where goose ends a statement inside a dollar quote, and so sends half of it."""
    whole = False
    begun = start
    if "$" not in document.text:
        return []
    for line in lines(document.text):
        if line.start < start:
            continue
        match = _ANNOTATION.match(line.text) if "+goose" in line.text else None
        if match is not None:
            whole = match.group(1).strip().lower() == "statementbegin"
            begun = line.end
        elif not whole and line.text.partition("--")[0].rstrip().endswith(";"):
            if cut_quote(document.text[begun : line.end]):
                why = (
                    "goose ends the statement here, in the middle of its body:"
                    " put it between -- +goose StatementBegin and -- +goose StatementEnd"
                )
                return [error_at(document, line.start, why)]
            begun = line.end
    return []


def _substituted(script: Script, request: Request) -> tuple[Script, list[Error]]:
    """With the values of ``${VAR}``; the environment itself is not read."""
    known = values(request, Goose.name)
    made, found = filled(script, "${", "}", lambda name: _value(name, known))
    return made, unset(script.document, found, "${", "}", Goose.name)


def _value(name: str, known: dict[str, str]) -> str | None:
    variable, marked, default = name.partition(":-")
    return known.get(variable, default if marked else None)


SOURCE = Goose()
