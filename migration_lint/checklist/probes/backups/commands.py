"""A command that knows: its exit code, or JSON that it prints."""

from __future__ import annotations

from datetime import datetime

import msgspec

from migration_lint.checklist.probes.backups.backup import Backup
from migration_lint.checklist.probes.pointers import at_pointer, moment
from migration_lint.checklist.probes.programs import run
from migration_lint.checklist.unanswered import Unanswered
from migration_lint.targets import CommandBackup, seconds


def ask(settings: CommandBackup, now: datetime) -> Backup:
    """Exit code 0 and a time; another exit code is a failure. A command that is not there says nothing."""
    name = settings.command[0]
    ran = run(settings.command, seconds(settings.timeout))
    if ran.code != 0:
        # What it wrote may hold a secret of its own.
        return Backup(name, problem=f"{name} ended with {ran.code}")
    if settings.finished_at is False:
        return Backup(name, now, facts={"exit_code": 0})
    try:
        document = msgspec.json.decode(ran.out)
    except ValueError as error:
        raise Unanswered(
            f"{name} did not print JSON (finished_at = false asks only its exit code)"
        ) from error
    return judged(name, document, settings.finished_at, settings.status, settings.succeeded)


def judged(
    name: str, document: object, finished_at: str, status: str | None, succeeded: tuple[str, ...]
) -> Backup:
    """The backup that a JSON document tells of, by pointers into it."""
    if status is not None:
        said = at_pointer(document, status)
        if said is None:
            raise Unanswered(f"{name} says nothing at {status}")
        if str(said) not in succeeded:
            return Backup(name, problem=f"its status is {said!r}, not {' or '.join(succeeded)}")
    value = at_pointer(document, finished_at)
    if value is None:
        raise Unanswered(f"{name} says nothing at {finished_at}")
    return Backup(name, moment(value), facts={"finished_at": str(value)})
