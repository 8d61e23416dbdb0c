"""Archives of pg_dump: the custom format, and ``toc.dat`` of the directory and tar formats.

The header is read as ``pg_backup_archiver.c`` writes it (``WriteHead``): magic, version, sizes, the time in
local fields, the database and the versions. It says nothing of the data: an archive that was cut off
has a whole header and a whole table of contents, so that only reading all of it tells.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from io import BytesIO

from migration_lint.checklist.probes.dumps.dump import Dump
from migration_lint.checklist.probes.programs import installed, last_line, run
from migration_lint.checklist.unanswered import Unanswered

MAGIC = b"PGDMP"
_FORMATS = {1: "custom archive of pg_dump", 3: "tar or directory of pg_dump", 5: "directory of pg_dump"}


def archive(head: bytes) -> Dump:
    """What the header says."""
    stream = BytesIO(head)
    stream.seek(len(MAGIC))
    try:
        major, minor = stream.read(2)
        revision = stream.read(1)[0]
        integer, _, form = stream.read(3)
        if (major, minor) < (1, 12) or not 1 <= integer <= 8:
            return Dump(
                "archive of pg_dump", doubt=f"its format {major}.{minor}.{revision} is not known here"
            )
        if (major, minor) >= (1, 15):
            stream.read(1)
        else:
            _integer(stream, integer)
        second, minute, hour, day, month, year, _ = (_integer(stream, integer) for _ in range(7))
        made = datetime(year + 1900, month + 1, day, hour, minute, min(second, 59))
        return Dump(_FORMATS.get(form, "archive of pg_dump"), made, _string(stream, integer))
    except (ValueError, IndexError, UnicodeDecodeError):
        return Dump("archive of pg_dump", problem="its header is damaged")


def checked(path: str | None, content: Iterable[bytes] | None, *, whole: bool, seconds: float) -> str:
    """What pg_restore says is wrong with an archive; empty where nothing is.

    `whole`: it reads the data too, into nowhere. `content` is fed to it where there is no `path`.
    """
    if not installed("pg_restore"):
        raise Unanswered(
            "pg_restore is not installed here, and only it reads an archive of pg_dump to its end"
        )
    words = ["pg_restore", *(["-f", "/dev/null"] if whole else ["--list"]), *([path] if path else [])]
    ran = run(words, seconds, content)
    if ran.code == 0:
        return ""
    said = last_line(ran.err)
    if "unsupported version" in said:
        raise Unanswered(f"pg_restore is older than the archive: {said}")
    return f"it cannot be restored: {said}"


def _integer(stream: BytesIO, size: int) -> int:
    sign, *digits = stream.read(size + 1)
    if len(digits) != size:
        raise ValueError("short")
    value = int.from_bytes(bytes(digits), "little")
    return -value if sign else value


def _string(stream: BytesIO, size: int) -> str | None:
    length = _integer(stream, size)
    return None if length < 0 else stream.read(length).decode()
