"""From the bytes of a file to its text.

A byte-order mark decides; then the encoding that the user set; then UTF-8, and Latin-1 for what
is not UTF-8: every byte has a character there, and all of SQL's own words are ASCII.
Line breaks and NUL characters stay as they are, so that offsets count the characters of the file.
"""

from __future__ import annotations

import os
import stat

from migration_lint.errors import UsageError
from migration_lint.model import Document, Error

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_CHUNK = 1 << 16
_LARGEST = 1 << 25
"""Bytes. What is larger is data, which a migration tool should not have to load either."""


def check_encoding(encoding: str) -> None:
    """Raise UsageError where Python knows no text encoding of that name."""
    try:
        b"\0\0\0\0".decode(encoding)  # nothing at all would be decoded without a look at the name
    except (LookupError, ValueError):
        raise UsageError(f"{encoding}: unknown text encoding") from None


def decode(data: bytes, encoding: str | None = None) -> str:
    """The text, without its byte-order mark.

    Raises UnicodeError where the data are not in the `encoding` that was asked for.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            try:
                return data[len(mark) :].decode(name)
            except UnicodeDecodeError:
                continue  # not text of that encoding: the mark is there by chance
    if encoding is not None:
        return data.decode(encoding)
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def read_bytes(path: str) -> bytes:
    """The content of a file. Raises OSError."""
    number = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0))
    try:
        data = os.read(number, _CHUNK)
        if not (more := os.read(number, _CHUNK)):
            return data
        parts = [data]
        while more:
            parts.append(more)
            more = os.read(number, _CHUNK)
        return b"".join(parts)
    finally:
        os.close(number)


def file_bytes(path: str) -> bytes:
    """The content of a regular file of bearable size: a pipe would be waited for. Raises OSError."""
    status = os.stat(path)  # noqa: PTH116 - see `folder`
    if not stat.S_ISREG(status.st_mode):
        raise OSError("not a regular file")
    if status.st_size > _LARGEST:
        raise OSError(f"larger than {_LARGEST >> 20} MB")
    return read_bytes(path)


def read(path: str, encoding: str | None = None) -> Document | Error:
    """The file as a document, or why it cannot be one."""
    try:
        status = os.stat(path)  # noqa: PTH116 - see `folder`
        if not stat.S_ISREG(status.st_mode):
            return Error(path, 1, "cannot be read: not a regular file")
        if status.st_size > _LARGEST:
            return Error(path, 1, f"larger than {_LARGEST >> 20} MB: not read")
        return Document(path, decode(read_bytes(path), encoding))
    except UnicodeError as problem:
        return Error(path, 1, f"not {encoding} text: {problem}")
    except LookupError:
        return Error(path, 1, f"{encoding}: unknown text encoding")
    except OSError as problem:
        return Error(path, 1, f"cannot be read: {problem.strerror or problem}")
