"""From the paths of the command line to histories."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

from msgspec.structs import replace

from migration_lint.errors import UsageError
from migration_lint.model import Document, Error, History
from migration_lint.sources.discovery import find
from migration_lint.sources.folder import absolute, clean, listed, outer
from migration_lint.sources.folder import base as last_part
from migration_lint.sources.git import Base, Undetected, changed_since, merge_base
from migration_lint.sources.places import Place, places_of
from migration_lint.sources.scope import Loaded, Scope, cut
from migration_lint.sources.source import (
    Gap,
    Reading,
    Request,
    Source,
    admitted,
    by_name,
    settings_of,
    sources,
)
from migration_lint.sources.sweep import passed_over, without_links_out
from migration_lint.sources.text import check_encoding, decode, read_bytes

STDIN = "<stdin>"


def load(
    paths: Sequence[str],
    *,
    tool: str | None = None,
    tools: Mapping[str, str] = {},
    since: str | None = None,
    start_after: str | None = None,
    stdin: BinaryIO | None = None,
    encoding: str | None = None,
    settings: Mapping[str, object] = {},
    engine: str | None = None,
) -> list[History]:
    """The histories that the paths name, each with its targets.

    A folder is a history, all of it targets. A file is a target, the rest of its folder is
    context; files of one folder share a history. ``-`` reads `stdin` as one migration. `since`
    keeps as targets what is new since the merge base with that git ref, `start_after` what comes
    after that migration. `tools` are the tools of single folders. `settings` are tables of settings by
    tool name, `engine` is the name of the engine that checks.

    Raises UsageError for what the user can put right: a path that is not there, an unknown tool,
    encoding or migration. What concerns one file is in `History.errors`, and so is that git does not
    know what is new.
    """
    known = sources()
    chosen = by_name(tool, known) if tool is not None else None
    if encoding is not None:
        check_encoding(encoding)
    request = Request(encoding, settings, engine=engine)
    found: list[Loaded] = []
    assigned = {absolute(folder): (clean(folder), by_name(name, known)) for folder, name in tools.items()}
    places = places_of(paths, known, chosen, assigned)
    others = frozenset(absolute(place.folder) for place in places if isinstance(place, Place))
    told: set[str] = set()
    for place in places:
        if isinstance(place, Place):
            loaded = list(_read(place, request, known, since))
            if place.found and loaded and all(_files(each.reading) <= told for each in loaded):
                continue  # the history above it has read all of it
            for each in loaded:
                told |= _files(each.reading)
            found += _swept(place, loaded, told, others, request)
        else:
            source = chosen or by_name("sql", known)
            reading = _lone(place, source, request, stdin)
            found.append(Loaded(STDIN if place == "-" else place, reading, Scope(), source.name))
    if start_after is not None and any(isinstance(place, Place) for place in places):
        found = cut(found, start_after)
    return [_history(each) for each in found]


def _read(place: Place, request: Request, known: Sequence[Source], since: str | None) -> Iterator[Loaded]:
    source = place.source or by_name("sql", known)
    try:
        base, scope = _scope(place, since)
    except Undetected as problem:  # not to know what is new is not to have checked it
        unread = Reading(errors=(Error(place.folder, 1, str(problem)),))
        yield Loaded(place.folder, unread, Scope(), source.name)
        return
    try:
        folder = listed(place.folder)
    except OSError as problem:
        error = Error(place.folder, 1, f"cannot be read: {problem.strerror or problem}")
        yield Loaded(place.folder, Reading(errors=(error,)), scope, source.name)
        return
    known_by = source.recognises(folder) or "being named"
    folder = admitted(folder, request, source.name)
    here = absolute(place.folder)
    named = frozenset(last_part(path) for path in place.named if outer(path) == here)
    asked = replace(request, named=named)
    readings = [without_links_out(place.folder, reading) for reading in source.read(folder, asked)]
    untold: list[Error] = []
    if base is not None:
        from migration_lint.sources.merged import compared

        try:
            readings, same = compared(place.folder, readings, source, asked, scope, base)
            scope = replace(scope, same=same)
        except Undetected as problem:
            untold.append(Error(place.folder, 1, str(problem)))
    if settings_of(request, source.name).get("render") is True:
        readings = list(source.rendered(folder, readings, asked))
    main = readings[0] if readings else Reading()
    errors = [*main.errors, *untold, *_unread(place, source, readings)]
    if not any(_says_something(reading) for reading in readings) and not errors:
        errors.append(_nothing(place.folder, source if place.source else None))
    for number, reading in enumerate([replace(main, errors=tuple(errors)), *readings[1:]]):
        gaps = tuple(gap for gap in reading.gaps if scope.needs(gap, reading.entries))
        kept = replace(reading, gaps=gaps)
        alone = not number and (len(readings) < 2 or kept.entries)
        if alone or kept.errors or gaps or any(scope.wants(entry) for entry in kept.entries):
            yield Loaded(place.folder, kept, scope, source.name, known_by)


def _swept(
    place: Place, loaded: list[Loaded], told: set[str], others: frozenset[str], request: Request
) -> list[Loaded]:
    """With a gap for each SQL file at or below the folder that is in nothing that was read."""
    if not loaded or not place.whole or not loaded[0].known_by:  # not read at all
        return loaded
    sweeps = place.source is None or place.source.sweeps
    if not sweeps and any(each.reading.entries for each in loaded):
        return loaded
    first = loaded[0]
    missed = passed_over(place.folder, told, others, request, first.tool)
    position = len(first.reading.entries)
    gaps = tuple(Gap(error, position) for error in missed if first.scope.holds((error.path,)))
    reading = replace(first.reading, gaps=(*first.reading.gaps, *gaps))
    return [replace(first, reading=reading), *loaded[1:]]


def _files(reading: Reading) -> set[str]:
    """The absolute paths of all that a reading tells of."""
    paths = {path for entry in reading.entries for path in entry.files}
    paths |= {*reading.configuration, *(error.path for error in reading.errors)}
    paths |= {gap.error.path for gap in reading.gaps}
    return {absolute(path) for path in paths}


def _says_something(reading: Reading) -> bool:
    return bool(reading.entries or reading.errors or reading.gaps)


def _scope(place: Place, since: str | None) -> tuple[Base | None, Scope]:
    """The commit that the branch left from, and what is asked for. Raises Undetected."""
    base = changed = None
    if since is not None:
        base = merge_base(place.folder, since)
        changed = changed_since(base)
    return base, Scope(None if place.whole else frozenset(place.named), changed)


def _unread(place: Place, source: Source, readings: Sequence[Reading]) -> list[Error]:
    """An error for each path that was asked for by name and is in nothing that was read."""
    if not place.named:
        return []
    read = {path for reading in readings for path in _files(reading)}
    folders: set[str] = set()
    for path in read:
        while (path := outer(path)) and path not in folders:
            folders.add(path)
    return [
        Error(given, 1, f"not a file that {source.name} runs from {place.folder}")
        for path, given in place.named.items()
        if path not in read and path not in folders
    ]


def _nothing(folder: str, source: Source | None) -> Error:
    kind = f"{source.name} migrations" if source is not None else "migrations"
    below = [path for path, _ in find(folder) if path != folder]
    hint = f"; there are some in {', '.join(below[:3])}{' and others' if below[3:] else ''}" if below else ""
    return Error(folder, 1, f"no {kind} here{hint}")


def _lone(path: str, source: Source, request: Request, stdin: BinaryIO | None) -> Reading:
    """Standard input, or a pipe that was given as a file."""
    name = STDIN if path == "-" else path
    try:
        if path != "-":
            data = read_bytes(path)
        elif stdin is None:
            raise UsageError("- was given, and there is no standard input")
        else:
            data = stdin.read()
        text = decode(data, request.encoding)
    except UnicodeError as problem:
        return Reading(errors=(Error(name, 1, f"not {request.encoding} text: {problem}"),))
    except OSError as problem:
        return Reading(errors=(Error(name, 1, f"cannot be read: {problem.strerror or problem}"),))
    return source.single(Document(name, text), request)


def _history(loaded: Loaded) -> History:
    reading, scope = loaded.reading, loaded.scope
    return History(
        root=loaded.root,
        tool=loaded.tool,
        migrations=tuple(entry.migration for entry in reading.entries),
        targets=scope.targets(reading.entries),
        complete=reading.complete,
        errors=(*reading.errors, *(gap.error for gap in reading.gaps if gap.position >= scope.after)),
        irregularities=reading.irregularities,
        known_by=loaded.known_by,
        configuration=reading.configuration,
    )
