"""What Flyway runs from a location, sub-folders included, and in which order.

Versioned migrations by version, then repeatable ones by description. The highest baseline runs
only on an empty database, in place of the versions up to its own: where those are still there it
is a history of its own. Callbacks that come before a migration stand first, the others last.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from migration_lint.model import Disorder, Document, Error, Irregularity
from migration_lint.sources.folder import Folder, base, identity, listed
from migration_lint.sources.natural import begins
from migration_lint.sources.source import Entry, Gap, Reading, Request, admitted
from migration_lint.sources.tools.flyway.configuration import Configuration
from migration_lint.sources.tools.flyway.names import (
    AFTER_ALL,
    BASELINE,
    BEFORE_ALL,
    BEFORE_REPEATABLES,
    CALLBACK,
    REPEATABLE,
    UNDO,
    VERSIONED,
    Name,
    parse,
)
from migration_lint.sources.tools.flyway.scripts import Found, loose, prepared

_OTHER_LANGUAGES = frozenset(
    {".java", ".kt", ".scala", ".groovy", ".class", ".sh", ".bash", ".ps1", ".py", ".bat", ".cmd"}
)


class _Files(Struct):
    """The files of a location by what they are."""

    by_kind: dict[str, list[Found]]
    opaque: list[tuple[str, Name]]
    stray: list[Error]
    errors: list[Error]


def read(folder: Folder, configuration: Configuration, request: Request) -> list[Reading]:
    """The migrations of a location; baselines that its versions make superfluous apart."""
    files = _files(folder, configuration, request)
    kinds = files.by_kind
    errors = [*configuration.errors, *files.errors]
    twice: list[Irregularity] = []
    versioned = _ordered(kinds[VERSIONED], twice)
    undo = {found.name.version: found for found in _undo(kinds[UNDO], errors)}
    baselines = _ordered(kinds[BASELINE], twice)
    repeatable = _ordered(kinds[REPEATABLE], twice)
    first: list[Found] = []
    if baselines and not any(found.name.version <= baselines[-1].name.version for found in versioned):
        first = [baselines.pop()]

    chain = [*_events(kinds[CALLBACK], BEFORE_ALL), *first, *versioned]
    chain += [
        *_events(kinds[CALLBACK], BEFORE_REPEATABLES),
        *repeatable,
        *_events(kinds[CALLBACK], AFTER_ALL),
    ]
    entries: list[Entry] = []
    ids: set[str] = set()
    gaps = [Gap(error, len(chain)) for error in files.stray]
    waiting = sorted(files.opaque, key=lambda item: item[1].version or (1 << 64,))
    for found in chain:
        while waiting and found.name.kind == VERSIONED and waiting[0][1].version < found.name.version:
            gaps.append(_opaque(waiting.pop(0), len(entries)))
        entry, problems = prepared(found, _taken(undo, found), configuration, request)
        errors += problems
        if entry is not None:
            entries.append(_renamed(entry) if entry.migration.id in ids else entry)
            ids.add(entry.migration.id)
    gaps += [_opaque(item, len(entries)) for item in waiting]
    gaps += [
        Gap(Error(found.path, 1, f"undoes version {found.name.shown}, which is not there"), len(entries))
        for found in undo.values()
    ]
    others: list[Reading] = []
    for found in baselines:
        entry, problems = prepared(found, None, configuration, request)
        errors += problems
        others += [Reading((entry,))] if entry is not None else []
    started = bool(first) or (bool(versioned) and begins(versioned[0].name.version[0]))
    sure = started and not errors and not twice and not files.opaque and not configuration.baseline_on_migrate
    late = "" if configuration.out_of_order else None
    main = Reading(tuple(entries), tuple(errors), tuple(gaps), sure, configuration.files, tuple(twice), late)
    return [main, *others]


def single(document: Document, configuration: Configuration) -> Reading:
    """One document that lies in no location."""
    entry, errors = loose(document, configuration)
    return Reading((entry,), (*configuration.errors, *errors), complete=False)


def _files(folder: Folder, configuration: Configuration, request: Request) -> _Files:
    files = _Files({kind: [] for kind in (VERSIONED, UNDO, BASELINE, REPEATABLE, CALLBACK)}, [], [], [])
    for inner in _walk(folder, request, files.errors):
        names = set(inner.files)
        for file in inner.files:
            path = inner.join(file)
            name = parse(file, configuration.naming)
            if isinstance(name, Name):
                settings = f"{path}.conf" if f"{file}.conf" in names else None
                files.by_kind[name.kind].append(Found(path, name, settings))
            elif isinstance(name, str):
                files.stray.append(Error(path, 1, name))
            elif (other := _in_another_language(file, configuration)) is not None:
                files.opaque.append((path, other))
            elif file.endswith(".sql.conf") and file[:-5] not in names:
                files.stray.append(Error(path, 1, "settings of a script that is not there"))
            elif inner is folder and file in request.named and not _belongs(file, names):
                files.stray.append(Error(path, 1, "Flyway never runs it: no script has such an ending"))
    return files


def _walk(folder: Folder, request: Request, errors: list[Error]) -> Iterator[Folder]:
    """The folder and those below it, each once, however it is linked to; Flyway skips hidden ones."""
    waiting = [folder]
    seen = {identity(folder.path)} if folder.folders else set()
    while waiting:
        outer = waiting.pop()
        yield outer
        for name in reversed(outer.folders):
            path = outer.join(name)
            if name[0] == ".":
                continue
            try:
                if (place := identity(path)) in seen:
                    continue
                seen.add(place)
                waiting.append(admitted(listed(path), request, "flyway"))
            except OSError as problem:
                errors.append(Error(path, 1, f"cannot be read: {problem.strerror or problem}"))


def _belongs(file: str, names: set[str]) -> bool:
    return file.endswith(".conf") and file[: -len(".conf")] in names


def _in_another_language(file: str, configuration: Configuration) -> Name | None:
    stem, dot, ending = file.rpartition(".")
    if dot + ending not in _OTHER_LANGUAGES:
        return None
    name = parse(stem + configuration.naming.suffixes[0], configuration.naming)
    wanted = (VERSIONED, REPEATABLE, BASELINE, UNDO)
    described = configuration.naming.separator in stem
    return name if described and isinstance(name, Name) and name.kind in wanted else None


def _opaque(item: tuple[str, Name], position: int) -> Gap:
    path, _ = item
    message = f"a {path.rpartition('.')[2]} migration: what it does is not known, and so not checked"
    return Gap(Error(path, 1, message), position)


def _ordered(files: list[Found], twice: list[Irregularity]) -> list[Found]:
    """In Flyway's order; `twice` gets the second of two that Flyway takes for the same."""
    found = sorted(files, key=lambda found: (found.name.version, found.name.description, found.path))
    for last, other in pairwise(found):
        repeatable = other.name.kind == REPEATABLE
        same = last.name.description == other.name.description if repeatable else True
        if last.name.version == other.name.version and same:
            id = base(other.path).rpartition(".")[0] if repeatable else other.name.label + other.name.shown
            why = "Flyway stops: it found more than one migration with that " + (
                "description" if repeatable else "version"
            )
            twice.append(Irregularity(Disorder.DUPLICATE, id, other.path, last.path, why))
    return found


def _undo(files: list[Found], errors: list[Error]) -> list[Found]:
    """Undo scripts, one for each version."""
    kept: dict[tuple[int, ...], Found] = {}
    for found in sorted(files, key=lambda found: found.path):
        first = kept.setdefault(found.name.version, found)
        if first is not found:
            errors.append(Error(found.path, 1, f"{first.path} undoes version {found.name.shown} too"))
    return list(kept.values())


def _taken(undo: dict[tuple[int, ...], Found], found: Found) -> Found | None:
    return undo.pop(found.name.version, None) if found.name.kind == VERSIONED else None


def _renamed(entry: Entry) -> Entry:
    """Two sub-folders may have a callback of one name; the path tells them apart."""
    return replace(entry, migration=replace(entry.migration, id=entry.migration.path))


def _events(files: list[Found], events: tuple[str, ...]) -> list[Found]:
    place = {event: number for number, event in enumerate(events)}
    chosen = [found for found in files if found.name.label in place]
    return sorted(chosen, key=lambda found: (place[found.name.label], base(found.path), found.path))
