"""There is a backup, it is good as far as it was read, and it is young enough.

What counts is up to when a restore gives the data, never the time of a file where a better one is known.
Where a pending migration cannot be undone, the stricter limit of the rollback counts.
"""

from __future__ import annotations

from migration_lint.checklist.check import Answer, Check, failed, passed, unknown
from migration_lint.checklist.irreversible import annotation
from migration_lint.checklist.probes.backups import (
    attest,
    barman,
    commands,
    files,
    https,
    pgbackrest,
    rds,
    wal_g,
)
from migration_lint.checklist.probes.backups.backup import Backup
from migration_lint.checklist.subject import Subject, limit
from migration_lint.checklist.times import ago
from migration_lint.checklist.unanswered import Unanswered
from migration_lint.targets import (
    AttestBackup,
    BarmanBackup,
    CommandBackup,
    FilesBackup,
    HttpBackup,
    PgBackRestBackup,
    RdsBackup,
    WalGBackup,
    seconds,
)

_CLOCKS = 120
"""Seconds by which two clocks may differ."""
READ = {
    "exists": "not read",
    "header": "its header read",
    "container": "unpacked to its end",
    "complete": "read to its end",
    "restore-list": "its contents listed",
    "full-read": "all of it read",
}
"""How far a dump was read, in words."""
NONE = 'nobody is named who knows of backups: set backup in the target, or checks.backup = "off"'


def _asks(subject: Subject) -> str:
    settings = subject.target.backup
    if isinstance(settings, FilesBackup):
        return f"the files {', '.join(settings.paths)} (integrity: {settings.integrity})"
    if isinstance(settings, CommandBackup):
        return f"the command {' '.join(settings.command)}"
    if isinstance(settings, AttestBackup):
        return f"the claim in {settings.file}"
    if isinstance(settings, HttpBackup):
        return settings.url
    if isinstance(settings, PgBackRestBackup):
        return f"pgbackrest, of the stanza {settings.stanza}"
    if isinstance(settings, BarmanBackup):
        return f"barman, of the server {settings.server}"
    if isinstance(settings, RdsBackup):
        return f"AWS, of {settings.cluster or settings.instance}"
    return NONE if settings is None else "wal-g"


def _answer(subject: Subject) -> Answer:
    backup = _newest(subject)
    most, why = _limit(subject)
    facts: dict[str, object] = {"backup": backup.name, **backup.facts, "max_age": most}
    if backup.consistent_to is not None:
        facts["consistent_to"] = backup.consistent_to.isoformat(timespec="seconds")
    if backup.problem:
        return failed(f"{backup.name}: {backup.problem}", **facts)
    if backup.consistent_to is None:
        return unknown(f"{backup.name}: it does not say when it was made", **facts)
    age = (subject.now - backup.consistent_to).total_seconds()
    if age < -_CLOCKS:
        return failed(
            f"{backup.name}: its time is to come ({facts['consistent_to']}): a clock is wrong", **facts
        )
    if age > seconds(most):
        return failed(f"{backup.name}: it is {ago(age)} old, and {most} is the most{why}", **facts)
    read = f", {READ[str(facts['read'])]}" if "read" in facts else ""
    claimed = f" ({backup.claimed})" if backup.claimed else ""
    return passed(f"{backup.name}, {ago(age)} old{read}{claimed}", **facts)


def _newest(subject: Subject) -> Backup:
    settings = subject.target.backup
    if isinstance(settings, FilesBackup):
        return files.ask(settings, subject.now)
    if isinstance(settings, CommandBackup):
        return commands.ask(settings, subject.now)
    if isinstance(settings, AttestBackup):
        return attest.ask(settings, subject.name)
    if isinstance(settings, HttpBackup):
        return https.ask(settings)
    if isinstance(settings, PgBackRestBackup):
        return pgbackrest.ask(settings)
    if isinstance(settings, BarmanBackup):
        return barman.ask(settings)
    if isinstance(settings, RdsBackup):
        return rds.ask(settings)
    if isinstance(settings, WalGBackup):
        return wal_g.ask(settings)
    raise Unanswered(NONE)


def _limit(subject: Subject) -> tuple[str, str]:
    """How old it may be, and why so little."""
    settings, rollback = subject.target.backup, subject.target.rollback
    usual = settings.max_age if settings is not None else rollback.max_backup_age
    owned = [walked.migration.id for walked in subject.pending if annotation(walked.migration.up)]
    if owned and seconds(rollback.max_backup_age) < seconds(usual):
        return rollback.max_backup_age, f", as {owned[0]} is irreversible (rollback.max_backup_age)"
    return usual, ""


def _patience(subject: Subject) -> float:
    settings = subject.target.backup
    return seconds(settings.timeout) + 5 if settings is not None else limit(subject)


CHECK = Check("backup-recent", "Recent backup exists", _asks, _answer, _patience)
