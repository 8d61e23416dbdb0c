"""Dumps that are SQL: of pg_dump, pg_dumpall, mysqldump and mariadb-dump.

A dump that died half-way has no last line. pg_dump's stands among its last lines (since 15.14, 16.10
and 17.6 a line ``\\unrestrict`` follows it); mysqldump leaves its out with ``--skip-comments``.
"""

from __future__ import annotations

import re
from datetime import datetime

from migration_lint.checklist.probes.dumps.dump import Dump

_POSTGRES = re.compile(
    rb"\A(?:\s|--[^\n]*\n|\\restrict[^\n]*\n)*?-- PostgreSQL database (?P<all>cluster )?dump\b"
)
_POSTGRES_END = re.compile(rb"^-- PostgreSQL database (?:cluster )?dump complete\s*$", re.MULTILINE)
_MYSQL = re.compile(rb"^-- (?:MySQL|MariaDB) dump .*", re.MULTILINE)
_MYSQL_BARE = b"/*!40101 SET @OLD_CHARACTER_SET_CLIENT"
_MYSQL_OF = re.compile(rb"^-- Host: .*?Database: *(\S*)", re.MULTILINE)
_MYSQL_END = re.compile(
    rb"^-- Dump completed(?: on (\d{4}-\d\d-\d\d +\d{1,2}:\d\d:\d\d))?\s*\Z", re.MULTILINE
)
_CONNECT = re.compile(rb"^\\connect (?:-reuse-previous=on )?\"?([\w-]+)", re.MULTILINE)


def text_dump(head: bytes, tail: bytes | None) -> Dump | None:
    """A dump in SQL by its first and last bytes; None where it is none. `tail` None: it was not read."""
    if _POSTGRES.match(head):
        connected = _CONNECT.search(head)
        database = connected[1].decode() if connected else None
        ends = tail is None or _POSTGRES_END.search(tail)
        problem = "" if ends else "it breaks off: pg_dump's last line is missing"
        return Dump("SQL of pg_dump", database=database, problem=problem)
    if _MYSQL.search(head[:1024]):
        of = _MYSQL_OF.search(head[:4096])
        end = _MYSQL_END.search(tail.rstrip() + b"\n") if tail is not None else None
        made = (
            datetime.strptime(" ".join(end[1].decode().split()), "%Y-%m-%d %H:%M:%S")
            if end and end[1]
            else None
        )
        broken = tail is not None and end is None
        return Dump(
            "SQL of mysqldump",
            made=made,
            database=(of[1].decode(errors="replace") or None) if of else None,
            problem="it breaks off: mysqldump's last line is missing" if broken else "",
        )
    if _MYSQL_BARE in head[:4096]:
        return Dump("SQL of mysqldump", doubt="written with --skip-comments, nothing tells that it is whole")
    return None
