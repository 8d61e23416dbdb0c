"""Which migrations of a history are to be checked."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from migration_lint.errors import UsageError
from migration_lint.sources.folder import absolute, base, outer, parent, real
from migration_lint.sources.source import Entry, Gap, Reading


class Scope(Struct, frozen=True):
    """What the user asked for; None where there is no such limit.

    `named` are absolute paths of files or of folders above them, `changed` real paths of files,
    `after` is the number of entries, from the first, that are old; `same` are the ids of migrations that
    are as they were, though their files have changed.
    """

    named: frozenset[str] | None = None
    changed: frozenset[str] | None = None
    after: int = 0
    same: frozenset[str] = frozenset()
    folders: dict[str, str] = field(default_factory=dict)
    """Real paths of folders, as far as they were needed."""

    def holds(self, files: Sequence[str]) -> bool:
        """Whether a migration made of these files is asked for."""
        if self.named is not None and not any(_among(path, self.named) for path in files):
            return False
        return self.changed is None or self.is_changed(files)

    def is_changed(self, files: Sequence[str]) -> bool:
        """Whether one of these files is new or changed."""
        return any(self._is_changed(path) for path in files)

    def _is_changed(self, path: str) -> bool:
        # Only folders are links in practice, and few of them hold all the files.
        folder = parent(path) or "."
        if folder not in self.folders:
            self.folders[folder] = real(folder)
        return f"{self.folders[folder]}/{base(path)}" in (self.changed or ())

    def wants(self, entry: Entry) -> bool:
        """Whether the migration is asked for."""
        return entry.migration.id not in self.same and self.holds(entry.files)

    def needs(self, gap: Gap, entries: Sequence[Entry]) -> bool:
        """Whether what was not read is part of what is asked for."""
        own = entries[gap.position] if gap.position < len(entries) else None
        if own is not None and gap.error.path in own.files and own.migration.id in self.same:
            return False
        return self.holds((gap.error.path,))

    def targets(self, entries: Sequence[Entry]) -> frozenset[str]:
        """The ids of the migrations that are asked for."""
        new = entries[self.after :]
        if self.named is None and self.changed is None:
            return frozenset(entry.migration.id for entry in new)
        return frozenset(entry.migration.id for entry in new if self.wants(entry))


class Loaded(Struct, frozen=True):
    """A reading, whose it is, and what of it was asked for."""

    root: str
    reading: Reading
    scope: Scope
    tool: str
    known_by: str = ""


def cut(found: Sequence[Loaded], start_after: str) -> list[Loaded]:
    """The same readings, each of them old up to that migration where it has it.

    Raises UsageError where none has it, or one has several that could be meant.
    """
    places = [_place(each.reading.entries, start_after) for each in found]
    roots = {each.root for each, place in zip(found, places, strict=True) if place is not None}
    if found and not roots:
        raise UsageError(f"{start_after}: no such migration to start after")
    old: list[Loaded] = []
    for each, place in zip(found, places, strict=True):
        if place is None:  # another way to begin the same history is older than what comes after it
            place = len(each.reading.entries) if each.root in roots else 0
        old.append(replace(each, scope=replace(each.scope, after=place)))
    return old


def _place(entries: Sequence[Entry], wanted: str) -> int | None:
    """The number of entries up to and including the wanted one."""
    exact = [n for n, entry in enumerate(entries, 1) if entry.migration.id == wanted or wanted in entry.files]
    near = exact or [n for n, entry in enumerate(entries, 1) if wanted in _names(entry)]
    if len(near) > 1:
        ids = ", ".join(entries[n - 1].migration.id for n in near[:3])
        raise UsageError(f"{wanted}: could be any of {ids}; give one of these")
    return near[0] if near else None


def _names(entry: Entry) -> set[str]:
    files = {base(path) for path in entry.files}
    return {*entry.aliases, *files, *(name.rpartition(".")[0] for name in files)}


def _among(path: str, named: frozenset[str]) -> bool:
    path = absolute(path)
    while path not in named:
        held = outer(path)
        if not held or held == path:
            return False
        path = held
    return True
