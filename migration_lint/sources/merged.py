"""What became of merged migrations: a history is compared with itself as it was at the merge base.

The old files are written to a folder of their own and read by the same source, so that whatever the
tool's format is, migrations are compared and not files.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from migration_lint.model import Disorder, Irregularity, Migration
from migration_lint.sources.folder import absolute, is_folder, join, listed, outer, real
from migration_lint.sources.git import Base, files_then, is_touched
from migration_lint.sources.marks import says_nothing
from migration_lint.sources.scope import Scope
from migration_lint.sources.source import Reading, Request, Source


def compared(
    root: str, readings: Sequence[Reading], source: Source, request: Request, scope: Scope, base: Base
) -> tuple[list[Reading], frozenset[str]]:
    """The readings with what is irregular about them since the merge base, and the ids of what is as it was.

    A file may hold many migrations: where one of them is new, the others are still old.
    """
    top, here = real(base.top), real(root)
    if here != top and not here.startswith(join(top, "")):
        return list(readings), frozenset()
    folder = here[len(top) :].lstrip("/")
    if is_touched(base, folder, source.concerns):
        then = _then(folder, source, request, base)
    else:  # only new files: what is not new was there
        entries = [entry for reading in readings for entry in reading.entries]
        then = {each.migration.id: each.migration for each in entries if not scope.is_changed(each.files)}
    now = (entry.migration for reading in readings for entry in reading.entries)
    same = frozenset(each.id for each in now if each.id in then and _is_same(each, then[each.id]))
    return _judged(root, readings, source, then), same


def _is_same(now: Migration, then: Migration) -> bool:
    """Whether it does the same, in both directions."""
    pairs = ((now.up, then.up), (now.down, then.down))
    return all(
        (one is None) == (other is None)
        and (one is None or other is None or (one.sql, one.transaction) == (other.sql, other.transaction))
        for one, other in pairs
    )


def _then(folder: str, source: Source, request: Request, base: Base) -> dict[str, Migration]:
    """The migrations as they were, by id, without repeatable ones; their paths are relative to the root."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="migration-lint-") as copy:
        os.mkdir(f"{copy}/.git")  # noqa: PTH102 - here the search for configurations ends
        for path, data in files_then(base, folder, source.concerns).items():
            target = f"{copy}/{path}"
            os.makedirs(outer(target), exist_ok=True)  # noqa: PTH103
            with open(target, "wb") as file:  # noqa: PTH123
                file.write(data)
        held = join(copy.replace(os.sep, "/"), folder) if folder else copy.replace(os.sep, "/")
        if not is_folder(held):
            return {}
        found: dict[str, Migration] = {}
        for reading in source.read(listed(held), request):
            for entry in reading.entries:
                migration = entry.migration
                path = absolute(migration.path)[len(absolute(held)) :].lstrip("/")
                document = replace(migration.up.document, path=path)
                found[migration.id] = replace(migration, up=replace(migration.up, document=document))
        return found


def _judged(
    root: str, readings: Sequence[Reading], source: Source, then: Mapping[str, Migration]
) -> list[Reading]:
    now = {entry.migration.id: entry.migration for reading in readings for entry in reading.entries}
    texts = {_text(each, source): each for id, each in now.items() if id not in then and _tells(each)}
    first: list[Irregularity] = []
    renamed: set[str] = set()
    for id, old in then.items():
        if old.repeatable:
            continue
        new = now.get(id)
        if new is not None:
            if _text(new, source) != _text(old, source):
                line = _first_difference(old.up.document.text, new.up.document.text)
                first.append(Irregularity(Disorder.EDITED, id, new.path, "", source.edited, line=line))
        elif _tells(old) and (new := texts.get(_text(old, source))) is not None:
            renamed.add(new.id)
            first.append(Irregularity(Disorder.RENAMED, new.id, new.path, id, source.removed))
        else:
            path = join(root, old.path)
            first.append(Irregularity(Disorder.DELETED, id, path, "", source.removed))
    made = []
    for number, reading in enumerate(readings):
        found = [each for each in _late(reading, source, then) if each.migration not in renamed]
        made.append(
            replace(
                reading,
                irregularities=(*reading.irregularities, *(first if not number else ()), *found),
            )
        )
    return made


def _late(reading: Reading, source: Source, then: Mapping[str, Migration]) -> list[Irregularity]:
    """New migrations that sort before merged ones."""
    consequence = source.late if reading.late is None else reading.late
    found: list[Irregularity] = []
    last: Migration | None = None
    for entry in reversed(reading.entries if consequence else ()):
        migration = entry.migration
        if migration.repeatable:
            continue
        if migration.id in then:
            last = last or migration
        elif last is not None:
            found.append(Irregularity(Disorder.LATE, migration.id, migration.path, last.id, consequence))
    return found[::-1]


def _text(migration: Migration, source: Source) -> str:
    """What counts of a script: with checksums all but its line breaks, else not comments and blanks."""
    sql = migration.up.sql
    if source.checksums:
        return "".join(sql.splitlines())
    kept = (line.strip() for line in sql.splitlines())
    return "\n".join(line for line in kept if line and not line.startswith("--"))


def _tells(migration: Migration) -> bool:
    return not says_nothing(migration.up.sql)


def _first_difference(old: str, new: str) -> int:
    """The first line of the new text that is not as it was."""
    olds, news = old.splitlines(), new.splitlines()
    for number, (before, after) in enumerate(zip(olds, news, strict=False), 1):
        if before != after:
            return number
    return max(1, min(len(olds) + 1, len(news)))
