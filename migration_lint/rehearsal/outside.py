"""A migration tool's own command, observed from outside: it gets a connection, and we look on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping

from msgspec import Struct

from migration_lint.linting.walk import Run
from migration_lint.model import Error
from migration_lint.rehearsal.database import Connection, Database, Host, scalar
from migration_lint.rehearsal.fingerprint import Difference, differing, fingerprint
from migration_lint.rehearsal.limits import Limits
from migration_lint.rehearsal.modes import strongest
from migration_lint.rehearsal.roles import forget, known
from migration_lint.rehearsal.state import Rows, restore, sow
from migration_lint.rehearsal.world import World, look

BLIND = "which statement did what, whole reads, and locks that were held for less than some milliseconds"
"""What cannot be seen from outside."""

_PAUSE = 0.002
_TAIL = 20
_HELD = b"""
SELECT DISTINCT relation, mode FROM pg_locks
WHERE locktype = 'relation' AND granted AND pid <> pg_backend_pid()
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class Commands(Struct, frozen=True):
    """The command lines: the one that is observed, and one that brings the database to the state before."""

    migrate: str
    before: str | None = None


class Outside(Struct, frozen=True):
    """What a command did. `locks` are the strongest modes seen on relations that were there before.

    `problem` is why it did not end well, `output` the last lines of what it printed then.
    """

    command: str
    seconds: float
    wal_bytes: int
    locks: dict[str, str]
    rewrites: tuple[str, ...]
    changes: tuple[Difference, ...]
    problem: str | None = None
    output: tuple[str, ...] = ()


def run_command(database: Database, command: str, environment: Mapping[str, str], limits: Limits) -> Outside:
    """Run a command line in a shell, with the database in its environment, and watch the server meanwhile."""
    watch = database.watch()
    try:
        before, objects = look(watch), fingerprint(database)
        position = _position(watch)
        began = time.perf_counter()
        held: dict[int, str] = {}
        with tempfile.TemporaryFile() as out:
            process = subprocess.Popen(  # in a shell: it is the user's own command line
                command,
                shell=True,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environment},
                start_new_session=True,
            )
            problem = _watched(process, watch, before, held, limits)
            seconds = time.perf_counter() - began
            out.seek(0)
            told = out.read().decode(errors="replace")
        after = look(watch)
        return Outside(
            command,
            seconds,
            _position(watch) - position,
            {before.entries[oid].name: mode for oid, mode in held.items()},
            tuple(sorted(_rewritten(before, after))),
            tuple(differing(objects, fingerprint(database))),
            problem,
            tuple(_without(told, environment).splitlines()[-_TAIL:]) if problem is not None else (),
        )
    finally:
        watch.close()


def _watched(
    process: subprocess.Popen[bytes], watch: Connection, before: World, held: dict[int, str], limits: Limits
) -> str | None:
    """Notes the locks in `held` until the process ends; why it did not end well."""
    there = before.relations()
    deadline = time.monotonic() + limits.seconds
    try:
        while process.poll() is None:
            for oid, mode in watch.execute(_HELD).fetchall():
                relation = int(str(oid))
                if relation in there:
                    held[relation] = strongest(held.get(relation), str(mode))
            if time.monotonic() > deadline:
                return f"it took longer than {limits.seconds:g} s"
            time.sleep(_PAUSE)
    finally:
        if process.poll() is None:
            _end(process)
    return None if process.returncode == 0 else f"it ended with exit code {process.returncode}"


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the command and all that it started."""
    if sys.platform == "win32":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _rewritten(before: World, after: World) -> set[str]:
    return {
        entry.name
        for oid, entry in before.entries.items()
        if entry.has_rows and oid in after.entries and after.entries[oid].filenode != entry.filenode
    }


def _position(watch: Connection) -> int:
    return int(str(scalar(watch, "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")))


def _without(text: str, environment: Mapping[str, str]) -> str:
    """The text without the password that we gave."""
    secret = environment.get("PGPASSWORD")
    return text.replace(secret, "***") if secret else text


def rehearse_command(
    host: Host, owner: str, commands: Commands, dump: Run | None, rows: Rows, limits: Limits, *, keep: bool
) -> tuple[Outside | None, list[Error], list[str]]:
    """Run a tool's command in a database of our own: (what it did, what went wrong before, notes)."""
    roles_before = known(host)
    database = Database.create(host, owner)
    environment = host.environment(database.name, owner)
    try:
        errors = restore(database, dump) if dump is not None else []
        if commands.before is not None:
            brought = run_command(database, commands.before, environment, limits)
            if brought.problem is not None:
                told = " | ".join(brought.output)
                why = f"there is no state before: {commands.before}: {brought.problem}: {told}"
                return None, [*errors, Error("--migrate-before", 1, why)], []
        more, notes = sow(database, rows)
        if keep:
            notes.append(f"kept: {database.name}; {host.how_to_reach()}")
        return run_command(database, commands.migrate, environment, limits), [*errors, *more], notes
    finally:
        if not keep:
            database.drop()
            forget(host, roles_before, frozenset())
