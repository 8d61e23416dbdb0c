"""yoyo: ``0001.create-users.sql`` with ``0001.create-users.rollback.sql``, or Python files of steps.

A migration runs in a transaction, unless its head says ``-- transactional: false`` (in Python:
``__transactional__ = False``). The order is that of the dependencies, then of the names. A step of
Python is read where its SQL is a literal. https://ollycope.com/software/yoyo/latest/
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from msgspec import Struct

from migration_lint.model import Document, DownOrigin, Error, TransactionMode
from migration_lint.sources.folder import Folder, head, nearest
from migration_lint.sources.manifests import mentions
from migration_lint.sources.marks import lines
from migration_lint.sources.natural import begins, leading_number
from migration_lint.sources.scripts import entry, error_at, section
from migration_lint.sources.source import Entry, Gap, Reading, Request, Source
from migration_lint.sources.text import read

_ROLLBACK = ".rollback.sql"
_HEADER = re.compile(r"\s*--\s*(depends|transactional)\s*:\s*([^\r\n]*)", re.IGNORECASE)
_STEPS = re.compile(r"^\s*from\s+yoyo\s+import\b", re.MULTILINE)
_AFTER = "post-apply"
_ONE, _EACH = TransactionMode.ONE, TransactionMode.EACH


class _Read(Struct):
    """A migration as it was read, and what must run before it."""

    stem: str
    entry: Entry | None
    depends: tuple[str, ...]


class Yoyo(Source):
    """The reader of yoyo's folders."""

    name = "yoyo"
    precedence = 20
    outside_transaction = "with -- transactional: false in its first lines"
    late = "yoyo runs it after newer ones where those have run, and before them elsewhere"

    def recognises(self, folder: Folder) -> str | None:
        """Steps in Python, rollback files beside others, the headers, or ``yoyo.ini``."""
        python = [name for name in folder.files if name.endswith(".py") and name[0] != "_"]
        for name in (*python[:2], *python[-2:]):
            if _STEPS.search(head(folder.join(name))):
                return f"steps of yoyo in {name}"
        if not folder.sql:
            return None
        for name in folder.sql:
            if name.endswith(_ROLLBACK) and name[: -len(_ROLLBACK)] + ".sql" in folder.files:
                configuration = nearest(folder.path, ("yoyo.ini",))
                return configuration or _manifest(folder.path)
        if any(re.match(r"\s*--\s*depends\s*:", text) for text in folder.sample):
            return "-- depends: headers"
        return nearest(folder.path, ("yoyo.ini",))

    def read(self, folder: Folder, request: Request) -> Sequence[Reading]:
        """One migration per file that is no rollback."""
        found: dict[str, _Read] = {}
        errors: list[Error] = []
        gaps: list[Gap] = []
        for file in folder.files:
            if file[0] in "._" or file.endswith(_ROLLBACK):
                continue
            if file.endswith(".sql"):
                each, problems = _sql(folder, file, request)
            elif file.endswith(".py"):
                each, problems = _python(folder, file, request)
            else:
                continue
            errors += problems
            found[each.stem] = each
        stems = [stem for stem in _ordered(found) if stem != _AFTER]
        if _AFTER in found:
            stems.append(_AFTER)
        entries = [each for each in (found[stem].entry for stem in stems) if each is not None]
        told = {path for each in entries for path in each.files} | {error.path for error in errors}
        for file in folder.sql:
            if folder.join(file) not in told:
                why = f"yoyo never runs it: there is no {file[: -len(_ROLLBACK)]}.sql"
                gaps.append(Gap(Error(folder.join(file), 1, why), len(entries)))
        configuration = nearest(folder.path, ("yoyo.ini",))
        files = (configuration,) if configuration is not None else ()
        complete = (
            bool(entries)
            and any(begins(leading_number(each.migration.id)) for each in entries)
            and not errors
        )
        return (Reading(tuple(entries), tuple(errors), tuple(gaps), complete, files),)

    def single(self, document: Document, request: Request) -> Reading:
        """The document as a migration; what ran before it is not known."""
        mode, _ = _headers(document)
        script = section(document, [(0, len(document.text))], mode)
        return Reading((entry(self.name, document.path, script),), complete=False)


def _manifest(folder: str) -> str | None:
    manifests = ("pyproject.toml", "requirements.txt", "setup.py", "setup.cfg")
    return next((path for name in manifests if (path := mentions(folder, name, "yoyo-migrations"))), None)


def _headers(document: Document) -> tuple[TransactionMode, tuple[str, ...]]:
    """The transaction and the dependencies that the comments at a file's head ask for."""
    mode, depends = _ONE, ()
    for line in lines(document.text):
        if line.text.strip() and not line.text.lstrip().startswith("--"):
            break
        match = _HEADER.match(line.text)
        if match is None:
            continue
        if match.group(1).lower() == "depends":
            depends = (*depends, *match.group(2).split())
        elif match.group(2).strip().lower() == "false":
            mode = _EACH
    return mode, depends


def _sql(folder: Folder, file: str, request: Request) -> tuple[_Read, list[Error]]:
    stem = file[: -len(".sql")]
    document = read(folder.join(file), request.encoding)
    if isinstance(document, Error):
        return _Read(stem, None, ()), [document]
    mode, depends = _headers(document)
    rollback = f"{stem}{_ROLLBACK}"
    down = read(folder.join(rollback), request.encoding) if rollback in folder.files else None
    up = section(document, [(0, len(document.text))], mode, repeatable=stem == _AFTER)
    script = section(down, [(0, len(down.text))], mode) if isinstance(down, Document) else None
    errors = [down] if isinstance(down, Error) else []
    return _Read(stem, entry("yoyo", stem, up, script, aliases=_aliases(stem)), depends), errors


def _aliases(stem: str) -> tuple[str, ...]:
    number = re.match("[0-9]+", stem)
    return (number.group(),) if number else ()


def _ordered(found: Mapping[str, _Read]) -> list[str]:
    """By name, but each after what it depends on."""
    order: list[str] = []
    state: dict[str, bool] = {}
    for first in sorted(found):
        waiting = [(first, False)]
        while waiting:
            stem, done = waiting.pop()
            if done:
                order.append(stem)
                continue
            if stem in state or stem not in found:
                continue
            state[stem] = True
            waiting.append((stem, True))
            waiting += [(other, False) for other in sorted(found[stem].depends, reverse=True)]
    return order


def _python(folder: Folder, file: str, request: Request) -> tuple[_Read, list[Error]]:
    """A file of steps, as far as their SQL is written out in it."""
    from migration_lint.sources.python_literals import Literal, Unreadable, calls, joined

    stem = file[: -len(".py")]
    document = read(folder.join(file), request.encoding)
    if isinstance(document, Error):
        return _Read(stem, None, ()), [document]
    try:
        found = calls(document, ("step",))
    except Unreadable as problem:
        return _Read(stem, None, ()), [Error(document.path, problem.line, str(problem))]
    mode = _EACH if found.names.get("__transactional__") is False else _ONE
    given = found.names.get("__depends__", ())
    depends = tuple(str(name) for name in given) if isinstance(given, (list, tuple, set, dict)) else ()
    ups: list[Literal] = []
    downs: list[Literal] = []
    errors: list[Error] = []
    for call in found.calls:
        apply, rollback = (*call.arguments, None, None)[:2]
        if apply is None:
            why = "a step whose SQL is not written out here: it is not read, and so not checked"
            errors.append(error_at(document, call.start, why))
        else:
            ups.append(apply)
        if rollback is not None:
            downs.append(rollback)
    up = joined(document, ups, mode)
    down = joined(document, list(reversed(downs)), mode) if downs else None
    origin = DownOrigin.NONE if down is None else DownOrigin.WRITTEN
    made = entry("yoyo", stem, up, down, aliases=_aliases(stem), down_origin=origin)
    return _Read(stem, made, depends), errors


SOURCE = Yoyo()
