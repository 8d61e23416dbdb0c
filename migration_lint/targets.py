"""What the configuration says of a target: a database, and what must be true before it is migrated.

``[targets.NAME]``. A secret never stands in the configuration: it comes from the environment, a file
or a command. Durations are ``30s``, ``15m``, ``24h``, ``7d``.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

Policy = Literal["required", "advisory", "off"]
Duration = Annotated[str, Meta(pattern=r"^[0-9]+(\.[0-9]+)?[smhd]$", description="30s, 15m, 24h, 7d")]
Words = Annotated[tuple[str, ...], Meta(min_length=1)]
Text = Annotated[str, Meta(min_length=1)]
Share = Annotated[float, Meta(ge=0, le=1)]

SECRETS = ("dsn", "token", "password")
"""Keys whose value is a `Secret`."""

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class _Table(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the configuration: an unknown key is an error."""


class Secret(_Table, frozen=True, kw_only=True):
    """Where a secret comes from. Exactly one of the three."""

    env: Annotated[str | None, Meta(description="The environment variable that holds it.")] = None
    file: Annotated[str | None, Meta(description="The file that holds it, and nothing else.")] = None
    command: Annotated[
        tuple[str, ...], Meta(description="The command that prints it, as a list of words; no shell.")
    ] = ()

    def __post_init__(self) -> None:
        if sum(map(bool, (self.env, self.file, self.command))) != 1:
            raise ValueError("expected exactly one of env, file and command")


class Waiver(_Table, frozen=True, kw_only=True):
    """A person's word that a check may fail until a day."""

    check: Annotated[Text, Meta(description="The check, as the report names it.")]
    reason: Annotated[Text, Meta(description="Why it may fail.")]
    by: Annotated[Text, Meta(description="Who says so.")]
    until: Annotated[datetime.date, Meta(description="The last day, in UTC, on which the waiver counts.")]


Level = Literal["exists", "header", "container", "complete", "restore-list", "full-read"]


class _Backup(_Table, frozen=True, kw_only=True):
    max_age: Annotated[Duration, Meta(description="How old what a restore gives may be.")] = "24h"
    timeout: Annotated[Duration, Meta(description="How long the question may take.")] = "60s"


class FilesBackup(_Backup, frozen=True, kw_only=True, tag_field="provider", tag="files"):
    """Dumps and backup folders that globs find."""

    paths: Annotated[Words, Meta(description="Globs of files or folders, the newest of which is judged.")]
    integrity: Annotated[
        Level,
        Meta(
            description="How far the newest is read: it exists, its header, unpacked to its end, its last "
            "line too, its table of contents by pg_restore, all of it by pg_restore."
        ),
    ] = "complete"
    database: Annotated[str | None, Meta(description="The database that it must be of.")] = None
    time_zone: Annotated[
        str | None,
        Meta(description="The zone of the times in dumps (Europe/Berlin); else that of this machine."),
    ] = None
    min_size: Annotated[int, Meta(ge=1, description="Bytes, unpacked.")] = 1024
    min_ratio: Annotated[
        Share, Meta(description="Its size against the median of the three before it; 0 asks nothing.")
    ] = 0.5


class CommandBackup(_Backup, frozen=True, kw_only=True, tag_field="provider", tag="command"):
    """A command that prints JSON, or only says by its exit code that there is a backup."""

    command: Annotated[Words, Meta(description="A list of words; no shell.")]
    finished_at: Annotated[
        str | Literal[False],
        Meta(description="JSON pointer to the time that a restore would give; false: only the exit code."),
    ] = "/finished_at"
    status: Annotated[str | None, Meta(description="JSON pointer to a status.")] = None
    succeeded: Annotated[tuple[str, ...], Meta(description="What the status says of a good backup.")] = ()


class AttestBackup(_Backup, frozen=True, kw_only=True, tag_field="provider", tag="attest"):
    """A person's claim, in a file. It is shown as a claim."""

    file: Annotated[Text, Meta(description='TOML: by, note, at (date and time), and "of", the target.')]


class HttpBackup(_Backup, frozen=True, kw_only=True, tag_field="provider", tag="http"):
    """A service that answers in JSON."""

    url: Annotated[Text, Meta(description="Where to ask, without a secret in it.")]
    token: Annotated[Secret | None, Meta(description="Sent as a bearer token.")] = None
    finished_at: Annotated[str, Meta(description="JSON pointer to the time that a restore would give.")] = (
        "/finished_at"
    )
    status: Annotated[str | None, Meta(description="JSON pointer to a status.")] = None
    succeeded: Annotated[tuple[str, ...], Meta(description="What the status says of a good backup.")] = ()


class PgBackRestBackup(_Backup, frozen=True, kw_only=True, tag_field="provider", tag="pgbackrest"):
    """pgBackRest's own list."""

    stanza: Annotated[Text, Meta(description="The stanza of the target.")]
    command: Annotated[Words, Meta(description="How to run it: over ssh, as another user.")] = ("pgbackrest",)


class BarmanBackup(_Backup, frozen=True, kw_only=True, tag_field="provider", tag="barman"):
    """Barman's own list."""

    server: Annotated[Text, Meta(description="The server as Barman calls it.")]
    command: Annotated[Words, Meta(description="How to run it: over ssh, as another user.")] = ("barman",)


class WalGBackup(_Backup, frozen=True, kw_only=True, tag_field="provider", tag="wal-g"):
    """WAL-G's own list."""

    command: Annotated[Words, Meta(description="How to run it: over ssh, with its settings.")] = ("wal-g",)


class RdsBackup(_Backup, frozen=True, kw_only=True, tag_field="provider", tag="rds"):
    """Amazon RDS or Aurora. Credentials are those that boto3 finds."""

    instance: Annotated[str | None, Meta(description="The instance, by its identifier.")] = None
    cluster: Annotated[str | None, Meta(description="The Aurora cluster, instead of an instance.")] = None
    region: Annotated[str | None, Meta(description="The region; else that of the environment.")] = None

    def __post_init__(self) -> None:
        if (self.instance is None) == (self.cluster is None):
            raise ValueError("expected either instance or cluster")


Backup = (
    FilesBackup
    | RdsBackup
    | CommandBackup
    | HttpBackup
    | PgBackRestBackup
    | BarmanBackup
    | WalGBackup
    | AttestBackup
)


class _Monitoring(_Table, frozen=True, kw_only=True):
    url: Annotated[Text, Meta(description="Where to ask, without a secret in it.")]
    timeout: Annotated[Duration, Meta(description="How long one request may take.")] = "10s"


class PrometheusMonitoring(_Monitoring, frozen=True, kw_only=True, tag_field="provider", tag="prometheus"):
    """Prometheus, and Mimir, Thanos and the like, which answer as it does."""

    token: Annotated[Secret | None, Meta(description="Sent as a bearer token.")] = None
    headers: Annotated[dict[str, str], Meta(description="Headers that are no secret: X-Scope-OrgID.")] = {}
    alertmanager: Annotated[str | None, Meta(description="Where Alertmanager is asked.")] = None
    alerts: Annotated[tuple[str, ...], Meta(description="Alerts that have to be there, by name.")] = ()
    labels: Annotated[dict[str, str], Meta(description="Other alerts that concern it, by their labels.")] = {}
    exporters: Annotated[
        tuple[str, ...], Meta(description="Queries that are 1 while the database is watched.")
    ] = ("pg_up",)


class OneUptimeMonitoring(_Monitoring, frozen=True, kw_only=True, tag_field="provider", tag="oneuptime"):
    """OneUptime."""

    token: Annotated[Secret, Meta(description="An API key of the project.")]
    monitors: Annotated[tuple[str, ...], Meta(description="Monitors that have to be there, by name.")] = ()


class HttpMonitoring(_Monitoring, frozen=True, kw_only=True, tag_field="provider", tag="http"):
    """A service that says in JSON that all is well."""

    token: Annotated[Secret | None, Meta(description="Sent as a bearer token.")] = None
    status: Annotated[str, Meta(description="JSON pointer to what it says.")] = "/status"
    good: Annotated[Words, Meta(description="What it says when all is well.")] = ("ok",)


Monitoring = PrometheusMonitoring | OneUptimeMonitoring | HttpMonitoring


class Rollback(_Table, frozen=True, kw_only=True):
    """What is asked of the way back."""

    policy: Annotated[
        Literal["required", "annotated", "forward-fix"],
        Meta(
            description="required: a down script, or an irreversible step's annotation; annotated: either "
            "for the migration as a whole; forward-fix: none."
        ),
    ] = "required"
    max_backup_age: Annotated[
        Duration, Meta(description="How old the backup may be where a step cannot be undone.")
    ] = "1h"
    evidence: Annotated[str, Meta(description="The folder of what rehearsals proved.")] = (
        ".migration-lint/evidence"
    )
    max_evidence_age: Annotated[
        Duration | None,
        Meta(description="How long a rehearsal counts; without it, as long as the files stay."),
    ] = None


class Staging(_Table, frozen=True, kw_only=True):
    """Where the migrations ran before."""

    target: Annotated[Text, Meta(description="The target that is staging.")]
    min_soak: Annotated[Duration, Meta(description="How long they must have run there.")] = "0s"
    min_rows: Annotated[
        Share, Meta(description="Its rows of a table, as a part of the target's; 0 asks nothing.")
    ] = 0.01
    large: Annotated[
        int, Meta(ge=0, description="Tables with fewer rows than that in the target are not compared.")
    ] = 100_000


class Limits(_Table, frozen=True, kw_only=True):
    """What the database may be busy with."""

    max_transaction: Annotated[
        Duration, Meta(description="How long a transaction that is in the way may have run.")
    ] = "60s"
    max_lag: Annotated[Duration, Meta(description="How far a replica may be behind.")] = "10s"
    max_slot_bytes: Annotated[
        int, Meta(ge=0, description="How much WAL a replication slot that nobody reads may hold.")
    ] = 10 * 1024**3
    max_connections: Annotated[Share, Meta(description="How many of the connections may be taken.")] = 0.8
    max_lock_timeout: Annotated[Duration, Meta(description="How long the migration may wait for a lock.")] = (
        "60s"
    )
    free_bytes: Annotated[
        tuple[str, ...],
        Meta(description="A command that prints how many bytes the data's disk has left: SQL cannot tell."),
    ] = ()
    small: Annotated[
        int, Meta(ge=0, description="Bytes of a table that any disk has room to write anew.")
    ] = 1024**3


class Target(_Table, frozen=True, kw_only=True):
    """A database, who may ask it, and what must be true before it is migrated."""

    dsn: Annotated[
        Secret | None, Meta(description="How to connect: a URL, or the key=value words of libpq.")
    ] = None
    role: Annotated[
        str | None, Meta(description="The role that runs the migrations, where dsn is of another.")
    ] = None
    history_table: Annotated[
        str | None, Meta(description="The migration tool's table, where it is not its own: schema.name.")
    ] = None
    timeout: Annotated[Duration, Meta(description="How long one question may take.")] = "10s"
    checks: Annotated[
        dict[str, Policy],
        Meta(description="Checks, or groups of them, that only advise or are not asked."),
    ] = {}
    waivers: Annotated[tuple[Waiver, ...], Meta(description="Failures that somebody answers for.")] = ()
    backup: Annotated[Backup | None, Meta(description="Who knows of backups.")] = None
    rollback: Rollback = Rollback()
    queries: Annotated[
        bool, Meta(description="A rehearsal must have tried the queries of the deployed code.")
    ] = False
    staging: Staging | None = None
    monitoring: Annotated[Monitoring | None, Meta(description="Who watches it.")] = None
    limits: Limits = Limits()


def seconds(duration: str) -> float:
    """``15m`` as 900.0."""
    return float(duration[:-1]) * _SECONDS[duration[-1]]


def relative(target: Target, moved: Callable[[str], str]) -> Target:
    """The target with its paths made relative to another folder by `moved`."""
    backup = target.backup
    if isinstance(backup, FilesBackup):
        backup = replace(backup, paths=tuple(path if "://" in path else moved(path) for path in backup.paths))
    elif isinstance(backup, AttestBackup):
        backup = replace(backup, file=moved(backup.file))
    rollback = replace(target.rollback, evidence=moved(target.rollback.evidence))
    dsn = target.dsn
    if dsn is not None and dsn.file is not None:
        dsn = replace(dsn, file=moved(dsn.file))
    return replace(target, dsn=dsn, backup=backup, rollback=rollback)
