"""Compressed files, told by their first bytes and unpacked as a stream."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import lzma
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Protocol

from migration_lint.checklist.unanswered import Unanswered

CHUNK = 1024 * 1024


class _Stream(Protocol):
    def read(self, size: int, /) -> bytes: ...


def packing(head: bytes) -> str | None:
    """The compression that a file begins with, None where it is not compressed."""
    return next((name for magic, name in _MAGIC if head.startswith(magic)), None)


def unpacked(file: BinaryIO, name: str) -> Iterator[bytes]:
    """The content in pieces. Raises `Broken` where it breaks off or is damaged.

    Raises `Unanswered` where nothing here reads the compression.
    """
    try:
        stream = _opened(file, name)
        while chunk := stream.read(CHUNK):
            yield chunk
    except (EOFError, zlib.error, lzma.LZMAError, OSError, ValueError) as error:
        raise Broken(f"it is damaged or breaks off ({name})") from error
    except Exception as error:
        if type(error).__name__ == "ZstdError":
            raise Broken(f"it is damaged or breaks off ({name})") from error
        raise


class Broken(Exception):
    """The file cannot be read to its end."""


def _opened(file: BinaryIO, name: str) -> _Stream:
    if name == "gzip":
        return gzip.GzipFile(fileobj=file)
    if name == "bzip2":
        return bz2.BZ2File(file)
    if name == "xz":
        return lzma.LZMAFile(file)
    if name == "zstd":
        with contextlib.suppress(ImportError):
            from compression import zstd  # type: ignore[import-not-found]  # Python 3.14

            opened: _Stream = zstd.ZstdFile(file)
            return opened
        with contextlib.suppress(ImportError):
            import zstandard

            return _WholeFrames(zstandard.ZstdDecompressor().decompressobj(), file)
    raise Unanswered(f"nothing here reads {name}: pip install 'migration-safety-gate[checklist]'")


class _WholeFrames:
    """`zstandard` ends quietly where a frame breaks off: this does not."""

    def __init__(self, decompressor: object, file: BinaryIO) -> None:
        self._decompressor = decompressor
        self._file = file

    def read(self, _: int) -> bytes:
        while chunk := self._file.read(CHUNK):
            made: bytes = self._decompressor.decompress(chunk)  # type: ignore[attr-defined]
            if made:
                return made
        if not self._decompressor.eof:  # type: ignore[attr-defined]
            raise EOFError
        return b""


_MAGIC = (
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"BZh", "bzip2"),
    (b"\x04\x22\x4d\x18", "lz4"),
)
