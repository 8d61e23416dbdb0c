"""Sqitch: ``sqitch.plan``, and ``deploy/x.sql``, ``revert/x.sql`` and ``verify/x.sql`` of each change.

The order is the plan's. psql runs the scripts, statement by statement: a transaction is what a
script opens itself. https://sqitch.org/docs/manual/sqitchchanges/
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from migration_lint.model import Disorder, Document, Error, Irregularity, Script, TransactionMode
from migration_lint.sources.folder import Folder, exists, is_file, join, listed, nearest, parent
from migration_lint.sources.marks import lines
from migration_lint.sources.scripts import entry
from migration_lint.sources.source import Entry, Gap, Reading, Request, Source
from migration_lint.sources.text import read

_PLAN, _SETTINGS = "sqitch.plan", "sqitch.conf"
_LINE = re.compile(r"\s*(?P<kind>[@+-]?)\s*(?P<name>[^\s@\[\]#:]+)(?=\s|\Z)")
_DIRECTORY = re.compile(r"^\s*(top|deploy|revert|verify)_dir\s*=\s*\"?([^\"\r\n#;]+?)\"?\s*$", re.MULTILINE)


class _Change(Struct, frozen=True):
    """A change of the plan: `file` is its name, with the tag where a later change reworks it."""

    name: str
    line: int
    file: str


class Sqitch(Source):
    """The reader of Sqitch's projects."""

    name = "sqitch"
    precedence = 10
    outside_transaction = "without BEGIN and COMMIT in its deploy script"
    edited = "databases that deployed it keep what it did; sqitch rework makes a new version of a change"
    late = "sqitch deploy stops: the plan is not the one that was deployed"

    def recognises(self, folder: Folder) -> str | None:
        """The plan."""
        return _PLAN if _PLAN in folder.files else None

    def home(self, folder: Folder) -> str | None:
        """The folder of the plan, for the scripts below it."""
        path: str | None = folder.path
        for _ in range(4):
            if path is None:
                return None
            if is_file(join(path, _PLAN)):
                within = path == folder.path or any(
                    folder.path.startswith(join(path, kind)) for kind in ("deploy", "revert", "verify")
                )
                return path if within else None
            path = parent(path)
        return None

    def read(self, folder: Folder, request: Request) -> Sequence[Reading]:
        """One migration per change of the plan."""
        settings = nearest(folder.path, (_SETTINGS,))
        directories = _directories(folder, settings)
        plan = read(folder.join(_PLAN))
        if isinstance(plan, Error):
            return (Reading(errors=(plan,)),)
        changes, errors = _changes(plan)
        entries: list[Entry] = []
        used: set[str] = set()
        ids: set[str] = set()
        for change in changes:
            paths = {kind: join(directory, f"{change.file}.sql") for kind, directory in directories.items()}
            used.update(paths.values())
            if not exists(paths["deploy"]):
                why = f"the plan has {change.name}, and there is no {paths['deploy']}"
                errors.append(Error(plan.path, change.line, why))
                continue
            up = read(paths["deploy"], request.encoding)
            down = read(paths["revert"], request.encoding) if exists(paths["revert"]) else None
            errors += [each for each in (up, down) if isinstance(each, Error)]
            if isinstance(up, Document):
                id = change.file if change.name in ids else change.name
                ids.add(id)
                verify = paths["verify"] if exists(paths["verify"]) else None
                script = _script(down) if isinstance(down, Document) else None
                entries.append(
                    entry(self.name, id, _script(up), script, files=[verify], aliases=(change.file,))
                )
        gaps = _unplanned(directories, used, len(entries))
        files = (plan.path, *([settings] if settings is not None else []))
        twice = _twice(changes, plan.path)
        complete = bool(entries) and not errors
        return (Reading(tuple(entries), tuple(errors), tuple(gaps), complete, files, tuple(twice)),)

    def single(self, document: Document, request: Request) -> Reading:
        """The document as a deploy script; what ran before it is not known."""
        return Reading((entry(self.name, document.path, _script(document)),), complete=False)


def _script(document: Document) -> Script:
    return Script(document, document.text, TransactionMode.EACH)


def _directories(folder: Folder, settings: str | None) -> dict[str, str]:
    found = {"deploy": "deploy", "revert": "revert", "verify": "verify"}
    document = read(settings) if settings is not None else None
    named = dict(_DIRECTORY.findall(document.text)) if isinstance(document, Document) else {}
    beside = parent(settings) if settings is not None else None
    for kind in found:
        own = named.get(kind)
        found[kind] = join(beside or ".", own) if own is not None else folder.join(kind)
    return found


def _changes(plan: Document) -> tuple[list[_Change], list[Error]]:
    """The plan's changes; one that is reworked later has its script under the name of the tag between."""
    found: list[_Change] = []
    last: dict[str, int] = {}
    tags: list[str] = []
    errors: list[Error] = []
    since: dict[str, int] = {}
    for number, line in enumerate(lines(plan.text), 1):
        text = line.text.partition("#")[0].strip()
        if not text or text.startswith("%"):
            continue
        match = _LINE.match(text)
        if match is None:
            errors.append(Error(plan.path, number, f"not a line of a plan: {text[:60]}"))
            continue
        name = match["name"]
        if match["kind"] == "@":
            tags.append(name)
            continue
        if name in last and since[name] < len(tags):
            older = found[last[name]]
            found[last[name]] = _Change(name, older.line, f"{name}@{tags[since[name]]}")
        last[name], since[name] = len(found), len(tags)
        found.append(_Change(name, number, name))
    return found, errors


def _twice(changes: Sequence[_Change], plan: str) -> list[Irregularity]:
    seen: set[str] = set()
    found = []
    for change in changes:
        if change.file in seen:
            why = "Sqitch refuses the plan: a change can come again only after a tag"
            found.append(
                Irregularity(Disorder.DUPLICATE, change.name, plan, change.name, why, line=change.line)
            )
        seen.add(change.file)
    return found


def _unplanned(directories: dict[str, str], used: set[str], position: int) -> list[Gap]:
    """Scripts that no change of the plan has."""
    gaps = []
    for kind, directory in directories.items():
        waiting = [directory] if exists(directory) else []
        while waiting:
            try:
                folder = listed(waiting.pop())
            except OSError as problem:
                gaps.append(
                    Gap(Error(directory, 1, f"cannot be read: {problem.strerror or problem}"), position)
                )
                continue
            waiting += [folder.join(name) for name in folder.folders if name[0] != "."]
            for path in map(folder.join, folder.sql):
                if path not in used:
                    gaps.append(
                        Gap(Error(path, 1, f"no change of the plan has this {kind} script"), position)
                    )
    return gaps


SOURCE = Sqitch()
