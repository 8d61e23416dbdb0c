"""``pgbackrest info``: https://pgbackrest.org/command.html#command-info

It ends with 0 whatever it says, a stanza that is not there included: only the JSON tells. A backup with
``error: true`` has pages with wrong checksums, and counts as made; so does every increment on it.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import msgspec

from migration_lint.checklist.probes.backups.backup import Backup
from migration_lint.checklist.probes.programs import run
from migration_lint.checklist.unanswered import Unanswered
from migration_lint.targets import PgBackRestBackup, seconds


def ask(settings: PgBackRestBackup) -> Backup:
    """The newest backup of the stanza that is in a repository in order."""
    ran = run(
        (*settings.command, f"--stanza={settings.stanza}", "--output=json", "info"), seconds(settings.timeout)
    )
    if ran.code != 0:
        raise Unanswered(f"pgbackrest ended with {ran.code}")
    try:
        stanzas: list[dict[str, Any]] = msgspec.json.decode(ran.out, type=list[dict[str, Any]])
    except ValueError as error:
        raise Unanswered("pgbackrest did not print JSON") from error
    stanza = next((one for one in stanzas if one.get("name") == settings.stanza), None)
    if stanza is None:
        raise Unanswered(f"pgbackrest knows no stanza {settings.stanza}")
    return _newest(stanza, settings.stanza)


def _newest(stanza: dict[str, Any], name: str) -> Backup:
    status = stanza.get("status") or {}
    code = status.get("code")
    good = {repo.get("key") for repo in stanza.get("repo", ()) if (repo.get("status") or {}).get("code") == 0}
    if code == 99 and not good:
        raise Unanswered(f"pgbackrest cannot read the repository of {name}: {_short(status.get('message'))}")
    if code not in (0, 4):
        return Backup(f"pgbackrest {name}", problem=_short(status.get("message")) or f"status {code}")
    if ((status.get("lock") or {}).get("backup") or {}).get("held"):
        return Backup(f"pgbackrest {name}", problem="a backup is running now")
    backups = [
        one
        for one in stanza.get("backup", ())
        if (one.get("database") or {}).get("repo-key", 1) in good and (one.get("timestamp") or {}).get("stop")
    ]
    if not backups:
        return Backup(f"pgbackrest {name}", problem="there is no backup in a repository that is in order")
    newest = max(backups, key=lambda one: int(one["timestamp"]["stop"]))
    label = f"pgbackrest {name} {newest.get('label')}"
    facts: dict[str, object] = {"label": newest.get("label"), "type": newest.get("type")}
    if newest.get("error") is True:
        return Backup(label, problem="pages of it have wrong checksums (error: true)", facts=facts)
    return Backup(label, datetime.fromtimestamp(int(newest["timestamp"]["stop"]), timezone.utc), facts=facts)


def _short(message: object) -> str:
    return str(message or "").splitlines()[0][:200] if message else ""
