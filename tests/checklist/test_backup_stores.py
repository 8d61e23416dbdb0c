"""Backups in folders of other tools, in object stores, and of Amazon RDS."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped]  # it ships no types
import fsspec  # type: ignore[import-untyped]  # it ships no types
import pytest
from botocore.stub import Stubber  # type: ignore[import-untyped]  # it ships no types

from migration_lint.checklist import backup
from migration_lint.checklist.probes.backups import rds
from migration_lint.checklist.probes.backups.backup import Backup
from migration_lint.checklist.unanswered import Unanswered
from migration_lint.findings import Status, Verdict
from migration_lint.targets import RdsBackup
from tests.checklist.answers import ANSWERS
from tests.checklist.test_backup import PLAIN, files
from tests.checklist.world import asked, pair, subject

XTRABACKUP = {
    name: (ANSWERS / "mariadb" / name).read_text() for name in ("xtrabackup_info", "xtrabackup_checkpoints")
}
MYDUMPER = (ANSWERS / "mariadb" / "mydumper-metadata").read_text()
NEWER = MYDUMPER.replace("Started", "# Started").replace("Finished", "# Finished")
MADE = datetime(2026, 11, 22, 6, 22, 25, tzinfo=timezone.utc)
KNOWN = {"time_zone": "UTC", "now": MADE + timedelta(hours=1), "max_age": "24h", "min_size": 1}


def folder(parent: Path, names: dict[str, str]) -> Path:
    made = parent / "backups" / "it"
    made.mkdir(parents=True)
    for name, text in names.items():
        (made / name).write_text(text)
    return parent


def test_a_folder_of_mariadb_backup(tmp_path: Path) -> None:
    made = files(folder(tmp_path, XTRABACKUP), **KNOWN)
    assert made.status is Status.PASSED, made.why
    assert made.evidence["consistent_to"] == MADE.isoformat(timespec="seconds")


@pytest.mark.parametrize(
    ("name", "old", "new", "status", "why"),
    [
        ("xtrabackup_info", "", None, Status.FAILED, "xtrabackup_info or xtrabackup_checkpoints is missing"),
        ("xtrabackup_checkpoints", "", None, Status.FAILED, "is missing: it is not finished"),
        ("xtrabackup_info", "partial = N", "partial = Y", Status.FAILED, "it is partial"),
        ("xtrabackup_checkpoints", "full-backuped", "incremental", Status.UNKNOWN, "it needs others"),
    ],
)
def test_a_folder_of_mariadb_backup_that_is_no_good(
    tmp_path: Path, name: str, old: str, new: str | None, status: Status, why: str
) -> None:
    names = dict(XTRABACKUP)
    if new is None:
        del names[name]
    else:
        names[name] = names[name].replace(old, new)
    made = files(folder(tmp_path, names), **KNOWN)
    assert made.status is status and why in made.why


@pytest.mark.parametrize(
    ("names", "status", "why"),
    [
        ({"metadata": MYDUMPER}, Status.PASSED, "1 h old"),
        ({"metadata": NEWER}, Status.PASSED, "1 h old"),
        ({"metadata": MYDUMPER.partition("Finished")[0]}, Status.FAILED, "does not say that it was finished"),
        ({"metadata.partial": MYDUMPER}, Status.FAILED, "it is still being written, or it never ended"),
    ],
)  # fmt: skip
def test_a_folder_of_mydumper(tmp_path: Path, names: dict[str, str], status: Status, why: str) -> None:
    made = files(folder(tmp_path, names), **KNOWN)
    assert made.status is status, made.why
    assert why in made.why


@pytest.fixture
def memory() -> Iterator[Any]:
    """An object store in memory, which fsspec brings for tests."""
    system = fsspec.filesystem("memory")
    yield system
    system.store.clear()


def stored(parent: Path, *paths: str, **settings: Any) -> Verdict:
    about = subject(
        parent,
        pair("SELECT 1;\n"),
        now=datetime.now(timezone.utc),
        backup={"provider": "files", "paths": paths, **settings},
    )
    return asked(backup.CHECK, about)


def test_a_dump_in_an_object_store(tmp_path: Path, memory: Any) -> None:
    memory.pipe("/bucket/db/app.sql", PLAIN)
    made = stored(tmp_path, "memory://bucket/db/*.sql")
    assert made.status is Status.PASSED, made.why
    assert "read to its end" in made.why
    memory.pipe("/bucket/db/app.sql", PLAIN[:-4000])
    assert "pg_dump's last line is missing" in stored(tmp_path, "memory://bucket/db/*.sql").why


def test_no_dump_and_no_bucket_are_two_things(tmp_path: Path, memory: Any) -> None:
    memory.pipe("/bucket/db/notes.txt", b"x")
    none = stored(tmp_path, "memory://bucket/db/*.sql")
    assert none.status is Status.FAILED and "there is nothing at memory://bucket/db/*.sql" in none.why
    nowhere = stored(tmp_path, "memory://other/db/*.sql")
    assert nowhere.status is Status.UNKNOWN and "there is no such folder" in nowhere.why


def test_a_store_that_nothing_here_reads(tmp_path: Path) -> None:
    made = stored(tmp_path, "nostore://user:s3cret@bucket/*.sql")
    assert made.status is Status.UNKNOWN and "s3cret" not in made.why


NOW = datetime(2026, 11, 22, 7, tzinfo=timezone.utc)
KEY = "no key of anybody"
INSTANCE = {"DBInstanceIdentifier": "prod", "BackupRetentionPeriod": 7, "LatestRestorableTime": NOW}
SNAPSHOT = {
    "DBSnapshotIdentifier": "s",
    "Status": "available",
    "SnapshotCreateTime": NOW - timedelta(hours=5),
}


@pytest.fixture
def aws() -> Iterator[tuple[Any, Stubber]]:
    client = boto3.client("rds", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key=KEY)
    with Stubber(client) as stub:
        yield client, stub


def instance(aws: tuple[Any, Stubber], found: dict[str, Any], *snapshots: dict[str, Any]) -> Backup:
    client, stub = aws
    stub.add_response("describe_db_instances", {"DBInstances": [found]}, {"DBInstanceIdentifier": "prod"})
    stub.add_response(
        "describe_db_snapshots", {"DBSnapshots": list(snapshots)}, {"DBInstanceIdentifier": "prod"}
    )
    return rds.ask(RdsBackup(instance="prod"), client)


def test_the_latest_restorable_time_counts(aws: tuple[Any, Stubber]) -> None:
    made = instance(aws, INSTANCE, SNAPSHOT)
    assert (made.name, made.consistent_to, made.problem) == ("rds prod, point in time", NOW, "")


@pytest.mark.parametrize(
    ("found", "snapshots", "at", "problem"),
    [
        ({"BackupRetentionPeriod": 0}, [SNAPSHOT], NOW - timedelta(hours=5), ""),
        ({"BackupRetentionPeriod": 0}, [], None, "automated backups are off"),
        ({"BackupRetentionPeriod": 0}, [SNAPSHOT | {"Status": "creating"}], None, "no snapshot is available"),
        (
            {"BackupRetentionPeriod": 0},
            [SNAPSHOT | {"SnapshotCreateTime": NOW, "OriginalSnapshotCreateTime": NOW - timedelta(days=9)}],
            NOW - timedelta(days=9),
            "",
        ),
    ],
)
def test_snapshots(
    aws: tuple[Any, Stubber],
    found: dict[str, Any],
    snapshots: list[dict[str, Any]],
    at: datetime | None,
    problem: str,
) -> None:
    known = {key: value for key, value in INSTANCE.items() if key != "LatestRestorableTime"} | found
    made = instance(aws, known, *snapshots)
    assert made.consistent_to == at and problem in made.problem


def test_a_replica_is_not_asked(aws: tuple[Any, Stubber]) -> None:
    client, stub = aws
    replica = INSTANCE | {"ReadReplicaSourceDBInstanceIdentifier": "other"}
    stub.add_response("describe_db_instances", {"DBInstances": [replica]})
    assert "it is a read replica" in rds.ask(RdsBackup(instance="prod"), client).problem


def test_an_instance_of_a_cluster_has_the_cluster_s(aws: tuple[Any, Stubber]) -> None:
    client, stub = aws
    stub.add_response("describe_db_instances", {"DBInstances": [INSTANCE | {"DBClusterIdentifier": "c"}]})
    stub.add_response(
        "describe_db_clusters",
        {"DBClusters": [{"BackupRetentionPeriod": 1, "LatestRestorableTime": NOW - timedelta(minutes=5)}]},
        {"DBClusterIdentifier": "c"},
    )
    stub.add_response(
        "describe_db_cluster_snapshots", {"DBClusterSnapshots": []}, {"DBClusterIdentifier": "c"}
    )
    assert rds.ask(RdsBackup(instance="prod"), client).consistent_to == NOW - timedelta(minutes=5)


@pytest.mark.parametrize("code", ["DBInstanceNotFound", "AccessDenied", "ThrottlingException"])
def test_aws_refuses(aws: tuple[Any, Stubber], code: str) -> None:
    client, stub = aws
    stub.add_client_error("describe_db_instances", code, "s3cret")
    with pytest.raises(Unanswered, match=f"AWS refuses: {code}$"):
        rds.ask(RdsBackup(instance="prod"), client)


def test_without_credentials_there_is_no_answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(Unanswered, match=r"AWS: no answer \(NoCredentialsError\)"):
        rds.ask(RdsBackup(instance="prod", region="eu-west-1"))
