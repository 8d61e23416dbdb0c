"""Reads a dump as far as it is asked to, whatever it is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import BinaryIO, get_args

from msgspec.structs import replace

from migration_lint.checklist.probes.dumps.archive import MAGIC, archive, checked
from migration_lint.checklist.probes.dumps.dump import Dump
from migration_lint.checklist.probes.dumps.folders import folder_dump
from migration_lint.checklist.probes.dumps.packing import CHUNK, Broken, packing, unpacked
from migration_lint.checklist.probes.dumps.text import text_dump
from migration_lint.checklist.probes.stores import Store
from migration_lint.checklist.unanswered import Unanswered
from migration_lint.targets import Level

LEVELS: tuple[Level, ...] = get_args(Level)
_HEAD = 64 * 1024
_ENCRYPTED = (b"age-encryption.org/v1", b"-----BEGIN PGP MESSAGE", b"Salted__", b"\x85\x01", b"\x8c\x0d")
_TAR = 257


def read_dump(store: Store, path: str, level: Level, seconds: float) -> Dump:
    """What a dump says of itself, read as far as `level`. `seconds` is all the time there is."""
    deadline = time.monotonic() + seconds
    names = store.names(path)
    if names is not None:
        return folder_dump(store, path, names, LEVELS.index(level), seconds)
    if level == "exists":
        return Dump("file", size=store.size(path), read="exists")
    with store.open(path) as file:
        head = file.read(_HEAD)
    if head.startswith(_ENCRYPTED):
        return Dump(
            "encrypted file", doubt='it is encrypted: set integrity = "exists", or ask with a command'
        )
    packed = packing(head)
    try:
        first = _first(store, path, packed) if packed else head
        found = _dump(first)
        if level == "header" or found.problem or found.doubt:
            return found
        found, tail = _whole(store, path, packed, found, deadline)
    except Broken as broken:
        return Dump(f"{packed} file", problem=str(broken), read="container")
    if level == "container":
        return replace(found, read="container")
    if first.startswith(MAGIC) or _is_tar(first):
        return _restorable(store, path, packed, found, level, deadline)
    ended = text_dump(first, tail)
    return replace(ended or found, size=found.size, read="complete")


def _dump(first: bytes) -> Dump:
    if first.startswith(MAGIC):
        return archive(first)
    if _is_tar(first):
        return (
            archive(first[512:]) if first[512:].startswith(MAGIC) else Dump("tar file", doubt="it is no dump")
        )
    text = text_dump(first, None)
    if text is not None:
        return text
    if not first:
        return Dump("empty file", problem="it is empty", size=0)
    return Dump("file", problem="it is no dump of pg_dump, mysqldump or mariadb-dump")


def _is_tar(first: bytes) -> bool:
    return first[_TAR : _TAR + 5] == b"ustar"


def _first(store: Store, path: str, packed: str) -> bytes:
    with store.open(path) as file:
        made = b""
        for chunk in unpacked(file, packed):
            made += chunk
            if len(made) >= _HEAD:
                break
        return made[:_HEAD]


def _pieces(store: Store, path: str, packed: str | None) -> Iterator[bytes]:
    with store.open(path) as file:
        yield from unpacked(file, packed) if packed else _raw(file)


def _raw(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk


def _whole(store: Store, path: str, packed: str | None, found: Dump, deadline: float) -> tuple[Dump, bytes]:
    """The dump with its size unpacked, and its last bytes."""
    size, tail = 0, b""
    for chunk in _pieces(store, path, packed):
        size += len(chunk)
        tail = (tail + chunk)[-_HEAD:]
        if time.monotonic() > deadline:
            raise Unanswered(f"{path} was not read to its end in time: give backup.timeout more")
    return replace(found, size=size), tail


def _restorable(
    store: Store, path: str, packed: str | None, found: Dump, level: Level, deadline: float
) -> Dump:
    """An archive's table of contents says nothing of the data behind it."""
    whole = level != "restore-list"
    left = max(1.0, deadline - time.monotonic())
    local = store.local(path) if packed is None else None
    content = None if local else _pieces(store, path, packed)
    problem = checked(local, content, whole=whole, seconds=left)
    return replace(found, problem=problem, read="full-read" if whole else "restore-list")
