"""``wal-g backup-list``: https://github.com/wal-g/wal-g/blob/master/docs/README.md

Of PostgreSQL, a backup has ``finish_time``; of MySQL, ``stop_local_time``.
"""

from __future__ import annotations

from typing import Any

import msgspec

from migration_lint.checklist.probes.backups.backup import Backup
from migration_lint.checklist.probes.pointers import moment
from migration_lint.checklist.probes.programs import run
from migration_lint.checklist.unanswered import Unanswered
from migration_lint.targets import WalGBackup, seconds

_TIMES = ("finish_time", "stop_local_time", "time")


def ask(settings: WalGBackup) -> Backup:
    """The newest of the list."""
    ran = run((*settings.command, "backup-list", "--detail", "--json"), seconds(settings.timeout))
    if ran.code != 0:
        raise Unanswered(f"wal-g ended with {ran.code}")
    try:
        listed: list[dict[str, Any]] = msgspec.json.decode(ran.out or b"[]", type=list[dict[str, Any]])
    except ValueError as error:
        raise Unanswered("wal-g did not print JSON") from error
    if not listed:
        return Backup("wal-g", problem="there is no backup")
    times = [(moment(_time(one)), one) for one in listed]
    at, newest = max(times, key=lambda pair: pair[0])
    return Backup(f"wal-g {newest.get('backup_name')}", at, facts={"backup_name": newest.get("backup_name")})


def _time(backup: dict[str, Any]) -> object:
    for name in _TIMES:
        if backup.get(name):
            return backup[name]
    raise Unanswered(f"wal-g does not say when {backup.get('backup_name')} was made")
