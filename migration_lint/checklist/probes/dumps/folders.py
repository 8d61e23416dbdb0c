"""Backups that are folders: of pg_dump's directory format, pg_basebackup, mariadb-backup and mydumper."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from migration_lint.checklist.probes.dumps.archive import archive, checked
from migration_lint.checklist.probes.dumps.dump import Dump
from migration_lint.checklist.probes.stores import Store

_INFOS = ("xtrabackup_info", "mariadb_backup_info")
_CHECKPOINTS = ("xtrabackup_checkpoints", "mariadb_backup_checkpoints")
_STARTED = re.compile(rb"^(?:# )?Started dump at: (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)", re.MULTILINE)
_FINISHED = re.compile(rb"^(?:# )?Finished dump at: \d{4}", re.MULTILINE)
_START = re.compile(rb"^START TIME: (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)", re.MULTILINE)


def folder_dump(store: Store, path: str, names: Sequence[str], level: int, seconds: float) -> Dump:
    """What a folder is, read as far as `level` (an index of the levels) asks."""
    for mark, read in _KINDS:
        if mark in names:
            return replace(read(store, path, names, level, seconds), size=store.size(path))
    return Dump("folder", size=store.size(path), problem="it is no backup that is known here")


def _directory(store: Store, path: str, names: Sequence[str], level: int, seconds: float) -> Dump:
    """https://www.postgresql.org/docs/current/app-pgdump.html: ``toc.dat`` and a file for each table."""
    found = archive(_content(store, f"{path}/toc.dat"))
    local = store.local(path)
    if level < _COMPLETE or found.problem:
        return found
    if local is None:
        return replace(found, doubt="only a folder of this machine can be read by pg_restore")
    problem = checked(local, None, whole=level != _LIST, seconds=seconds)
    return replace(found, problem=problem, read="restore-list" if level == _LIST else "full-read")


def _base_backup(store: Store, path: str, names: Sequence[str], level: int, seconds: float) -> Dump:
    """pg_basebackup writes the manifest last: every file in it must be there, with its size."""
    label = _START.search(_content(store, f"{path}/backup_label")) if "backup_label" in names else None
    made = datetime.strptime(label[1].decode(), "%Y-%m-%d %H:%M:%S") if label else None
    found = Dump("folder of pg_basebackup", made)
    if "backup_manifest" not in names:
        return replace(found, problem="its backup_manifest is missing: it is not finished, or not all here")
    try:
        manifest: Any = msgspec.json.decode(_content(store, f"{path}/backup_manifest", None))
        listed = [(str(file["Path"]), int(file["Size"])) for file in manifest["Files"] if "Path" in file]
    except (ValueError, KeyError, TypeError):
        return replace(found, problem="its backup_manifest is damaged")
    if level < _COMPLETE:
        return found
    packed = any(name.startswith("base.tar") for name in names)
    if packed:
        return replace(found, doubt="its files are in tar archives: pg_verifybackup reads them")
    for name, size in listed:
        try:
            there = store.size(f"{path}/{name}")
        except OSError:
            return replace(found, problem=f"{name} is in its manifest, and not there")
        if there != size:
            return replace(found, problem=f"{name} has {there:,} bytes, its manifest says {size:,}")
    return replace(found, read="complete")


def _xtrabackup(store: Store, path: str, names: Sequence[str], level: int, seconds: float) -> Dump:
    """mariadb-backup and xtrabackup write these two files last. What they restore is of the end."""
    found = Dump("folder of mariadb-backup or xtrabackup", read="complete")
    info = next((name for name in _INFOS if name in names), None)
    checkpoints = next((name for name in _CHECKPOINTS if name in names), None)
    if info is None or checkpoints is None:
        return replace(found, problem=f"{_INFOS[0]} or {_CHECKPOINTS[0]} is missing: it is not finished")
    told = _pairs(_content(store, f"{path}/{info}")) | _pairs(_content(store, f"{path}/{checkpoints}"))
    found = replace(found, made=_local(told.get("end_time")))
    if told.get("partial") == "Y":
        return replace(found, problem="it is partial: some tables are not in it")
    if not told.get("backup_type", "").startswith("full"):
        return replace(found, doubt=f"it is {told.get('backup_type') or 'of no known type'}: it needs others")
    return found


def _mydumper(store: Store, path: str, names: Sequence[str], level: int, seconds: float) -> Dump:
    """``metadata`` has another name until the dump is finished; what it restores is of the beginning."""
    found = Dump("folder of mydumper", read="complete")
    if "metadata" not in names:
        return replace(found, problem="it is still being written, or it never ended")
    text = _content(store, f"{path}/metadata")
    begun, ended = _STARTED.search(text), _FINISHED.search(text)
    if begun is None or ended is None:
        return replace(found, problem="its metadata does not say that it was finished")
    return replace(found, made=_local(begun[1].decode()))


def _pairs(text: bytes) -> dict[str, str]:
    """``key = value`` lines."""
    lines = (line.partition(" = ") for line in text.decode(errors="replace").splitlines())
    return {key.strip(): value.strip() for key, mark, value in lines if mark}


def _local(text: str | None) -> datetime | None:
    """A time without a zone, as these tools write it."""
    try:
        return datetime.strptime(text or "", "%Y-%m-%d %H:%M:%S")
    except ValueError:
        return None


def _content(store: Store, path: str, most: int | None = 64 * 1024) -> bytes:
    with store.open(path) as file:
        return file.read(-1 if most is None else most)


_COMPLETE, _LIST = 3, 4
_Reader = Callable[[Store, str, Sequence[str], int, float], Dump]
_KINDS: tuple[tuple[str, _Reader], ...] = (
    ("toc.dat", _directory),
    ("backup_manifest", _base_backup),
    ("backup_label", _base_backup),
    *((name, _xtrabackup) for name in (*_INFOS, *_CHECKPOINTS)),
    *((name, _mydumper) for name in ("metadata", "metadata.partial", "metadata.header")),
)
