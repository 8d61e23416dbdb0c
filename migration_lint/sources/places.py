"""Which folder's history a path belongs to, and what of it is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct, field

from migration_lint.errors import UsageError
from migration_lint.sources.discovery import find, looks_like_migrations
from migration_lint.sources.folder import (
    absolute,
    clean,
    exists,
    is_file,
    is_folder,
    is_link,
    join,
    listed,
    outer,
    parent,
    real,
)
from migration_lint.sources.source import Source


class Place(Struct):
    """A folder that makes one history, and what of it was asked for."""

    folder: str
    source: Source | None
    """None where no tool recognises the folder."""
    whole: bool = False
    found: bool = False
    """Whether it was found below a folder that was asked for."""
    named: dict[str, str] = field(default_factory=dict)
    """Files, or folders below it, that were asked for: the absolute path, and the path as given."""


Assigned = Mapping[str, tuple[str, Source]]
"""Folders whose tool the user says, by their absolute paths: the path as it was given, and the source."""


def places_of(
    paths: Sequence[str], known: Sequence[Source], chosen: Source | None, assigned: Assigned
) -> list[Place | str]:
    """The places in the order in which they are first named; ``-`` and what is no regular file as it is.

    `chosen` is the tool that the user asked for, `assigned` are those of single folders. Raises UsageError
    for a path that is not there.
    """
    places: list[Place | str] = []
    by_key: dict[tuple[str, str], Place] = {}
    homes: dict[str, tuple[str, Source | None]] = {}
    candidates = known if chosen is None else (chosen,)

    def add(folder: str, source: Source | None, named: str | None, *, found: bool = False) -> None:
        key = (real(folder), source.name if source else "")
        place = by_key.get(key)
        if place is None:
            place = by_key[key] = Place(folder, source or chosen, found=found)
            places.append(place)
        if named is None:
            place.whole = True
        else:
            place.named[absolute(named)] = named

    for given in paths:
        if given == "-":
            if "-" not in places:
                places.append("-")
            continue
        path = clean(given)
        if is_folder(path):
            for folder, source, whole in _with_assigned(path, candidates, assigned):
                add(folder, source, None if whole else path, found=folder != path)
        elif is_file(path):
            held = parent(path) or "."
            if held not in homes:
                homes[held] = _holder(held, assigned) or _of_file(held, candidates)
            add(*homes[held], path)
        elif exists(path) and not is_link(path):
            places.append(path)
        else:
            raise UsageError(f"{given}: {'a link to nothing' if exists(path) else 'no such file or folder'}")
    return places


def _holder(path: str, assigned: Assigned) -> tuple[str, Source] | None:
    """The assigned folder that a path is, or lies in."""
    at = absolute(path) if assigned else ""
    while at:
        if at in assigned:
            return assigned[at]
        at = outer(at)
    return None


def _with_assigned(
    path: str, candidates: Sequence[Source], assigned: Assigned
) -> list[tuple[str, Source | None, bool]]:
    """The same as `_of_folder`, where the user says of some folders what they hold."""
    if (held := _holder(path, assigned)) is not None:
        return [(*held, absolute(held[0]) == absolute(path))]
    below = {at: each for at, each in assigned.items() if at.startswith(join(absolute(path), ""))}
    found = _of_folder(path, candidates)
    if not below:
        return found
    kept = [each for each in found if each[1] is not None and _holder(each[0], below) is None]
    return [*kept, *((folder, source, True) for folder, source in below.values())]


def _of_folder(path: str, candidates: Sequence[Source]) -> list[tuple[str, Source | None, bool]]:
    """The folders of the histories at and below a folder, their sources, and whether all of each is meant."""
    try:
        folder = listed(path)
    except OSError:
        return [(path, None, True)]  # reading it meets the same error and reports it
    by_name = {source.name: source for source in candidates}
    top = "" if path == "." else join(path, "")
    found = [(home, by_name[tool], True) for home, tool in find(path, candidates)]
    below = [each for each in found if each[0] != path and each[0].startswith(top)]
    for source in candidates:
        if source.recognises(folder) is not None:
            vague = source.generic and not looks_like_migrations(folder)
            elsewhere = not folder.sql and {tool.name for _, tool, _ in below} not in (set(), {source.name})
            if below and (vague or elsewhere or (not folder.sql and len(below) == 1)):
                return [*below]
            return [(path, source, True), *below]
        if not source.generic and (home := source.home(folder)) is not None:
            return [(home, source, False)]
    around = [(home, source, False) for home, source, _ in found if join(path, "").startswith(_inside(home))]
    return [*below, *around] or [(path, None, True)]


def _inside(home: str) -> str:
    """How a path below a folder starts."""
    return "" if home == "." else join(home, "")


def _of_file(held: str, candidates: Sequence[Source]) -> tuple[str, Source | None]:
    """The history's folder and its source, for a file of the folder `held`."""
    try:
        folder = listed(held)
    except OSError:
        return held, None
    for source in candidates:
        if (home := source.home(folder)) is not None:
            return home, source
    return held, None
