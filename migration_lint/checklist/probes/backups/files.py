"""Dumps and backup folders that globs find."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

from migration_lint.checklist.probes.backups.backup import Backup
from migration_lint.checklist.probes.dumps.dump import Dump
from migration_lint.checklist.probes.dumps.reading import read_dump
from migration_lint.checklist.probes.stores import Store, Stores, unfinished
from migration_lint.checklist.unanswered import Unanswered
from migration_lint.targets import FilesBackup, seconds

_SETTLED = 10
"""Seconds after which a file that nobody wrote to counts as finished."""
_LOOK_AGAIN = 2
_ZONES = timedelta(hours=14)
"""The farthest that a clock on the wall is from UTC."""


def ask(settings: FilesBackup, now: datetime) -> Backup:
    """The newest of the files, as far as it can be read."""
    store: Store = Stores()
    found = sorted({path for pattern in settings.paths for path in store.find(pattern)})
    whole = [path for path in found if not unfinished(path)]
    if not whole:
        tail = " but files that are still being written" if found else ""
        return Backup(
            ", ".join(settings.paths), problem=f"there is nothing at {', '.join(settings.paths)}{tail}"
        )
    times = {path: store.modified(path) for path in whole}
    newest = max(whole, key=lambda path: times[path])
    if _growing(store, newest, times[newest], now):
        return Backup(newest, problem="it is still being written")
    dump = read_dump(store, newest, settings.integrity, seconds(settings.timeout))
    if dump.doubt and not dump.problem:
        raise Unanswered(f"{newest}: {dump.doubt}")
    made = _made(dump.made, times[newest], settings)
    facts: dict[str, object] = {
        "path": newest,
        "kind": dump.kind,
        "database": dump.database,
        "bytes": store.size(newest),
        "bytes_unpacked": dump.size,
        "written": times[newest].isoformat(),
        "read": dump.read,
    }
    problem = (
        dump.problem or _wrong(dump, settings) or _shrunk(store, newest, whole, times, settings.min_ratio)
    )
    return Backup(newest, made, problem, facts=facts)


def _growing(store: Store, path: str, written: datetime, now: datetime) -> bool:
    if abs((now - written).total_seconds()) > _SETTLED:
        return False
    before = (store.size(path), written)
    time.sleep(_LOOK_AGAIN)
    return before != (store.size(path), store.modified(path))


def _made(own: datetime | None, written: datetime, settings: FilesBackup) -> datetime:
    """When the dump was begun: what came later is not in it.

    A dump's own time has no zone: that of the configuration, else of this machine, else the one that
    makes it no later than the file. A file that is much newer than that was copied, and its own time counts.
    """
    if own is None:
        return written
    if settings.time_zone is not None:
        from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

        try:
            zone = ZoneInfo(settings.time_zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise Unanswered(f"backup.time_zone: {settings.time_zone!r} is not known here") from error
        return own.replace(tzinfo=zone).astimezone(timezone.utc)
    made = own.astimezone().astimezone(timezone.utc)
    while made > written + timedelta(minutes=1) and made - written <= _ZONES:
        made -= timedelta(hours=1)
    return made


def _wrong(dump: Dump, settings: FilesBackup) -> str:
    if settings.database is not None and dump.read != "exists":
        if dump.database is None:
            return f"it does not say that it is of the database {settings.database}"
        if dump.database != settings.database:
            return f"it is of the database {dump.database}, not {settings.database}"
    if dump.size is not None and dump.size < settings.min_size:
        return f"it has {dump.size:,} bytes unpacked, and {settings.min_size:,} are the least (min_size)"
    return ""


def _shrunk(store: Store, newest: str, every: Sequence[str], times: dict[str, datetime], least: float) -> str:
    """Against the three before it with the same ending: packed and plain files are not compared."""
    alike = [path for path in every if path != newest and _ending(path) == _ending(newest)]
    older = sorted(alike, key=lambda path: times[path])
    sizes = [store.size(path) for path in older[-3:]]
    if not sizes or not least:
        return ""
    usual = statistics.median(sizes)
    size = store.size(newest)
    if size >= least * usual:
        return ""
    return f"it has {size:,} bytes, and those before it {usual:,.0f}: less than {least:g} of that (min_ratio)"


def _ending(path: str) -> str:
    found = re.search(r"(\.[A-Za-z]\w*)+$", path)
    return found[0] if found else ""
