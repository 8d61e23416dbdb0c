"""Amazon RDS and Aurora: point-in-time recovery and snapshots.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBInstances.html
It needs rds:DescribeDBInstances, DescribeDBClusters, DescribeDBSnapshots and DescribeDBClusterSnapshots.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from migration_lint.checklist.probes.backups.backup import Backup
from migration_lint.checklist.unanswered import Unanswered
from migration_lint.targets import RdsBackup, seconds


def ask(settings: RdsBackup, client: Any = None) -> Backup:
    """What the latest restorable time gives, or the newest snapshot, whichever is later."""
    try:
        from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]
    except ImportError as error:
        raise Unanswered("AWS needs a library: pip install 'migration-safety-gate[aws]'") from error
    try:
        return _newest(settings, client if client is not None else _client(settings))
    except ClientError as error:
        raise Unanswered(f"AWS refuses: {error.response.get('Error', {}).get('Code', 'no reason')}") from None
    except BotoCoreError as error:
        raise Unanswered(f"AWS: no answer ({type(error).__name__})") from None


def _client(settings: RdsBackup) -> Any:
    import boto3  # type: ignore[import-untyped]
    from botocore.config import Config  # type: ignore[import-untyped]

    limit = seconds(settings.timeout)
    config = Config(connect_timeout=min(5, limit), read_timeout=limit, retries={"max_attempts": 2})
    return boto3.client("rds", region_name=settings.region, config=config)


def _newest(settings: RdsBackup, client: Any) -> Backup:
    cluster = settings.cluster
    name = cluster or settings.instance or ""
    if cluster is None:
        instance = client.describe_db_instances(DBInstanceIdentifier=settings.instance)["DBInstances"][0]
        if instance.get("ReadReplicaSourceDBInstanceIdentifier"):
            return Backup(f"rds {name}", problem="it is a read replica: ask its source")
        cluster = instance.get("DBClusterIdentifier")
        found = instance
    if cluster is not None:
        found = client.describe_db_clusters(DBClusterIdentifier=cluster)["DBClusters"][0]
    points = [(f"rds {name}, point in time", found["LatestRestorableTime"])] if _recovers(found) else []
    if cluster is not None:
        pages = client.get_paginator("describe_db_cluster_snapshots").paginate(DBClusterIdentifier=cluster)
        points += [
            _snapshot(one, "DBClusterSnapshotIdentifier")
            for page in pages
            for one in page["DBClusterSnapshots"]
        ]
    else:
        pages = client.get_paginator("describe_db_snapshots").paginate(DBInstanceIdentifier=name)
        points += [_snapshot(one, "DBSnapshotIdentifier") for page in pages for one in page["DBSnapshots"]]
    good = [(label, at) for label, at in points if isinstance(at, datetime)]
    if not good:
        return Backup(f"rds {name}", problem="automated backups are off, and no snapshot is available")
    label, at = max(good, key=lambda one: one[1])
    return Backup(label, at.astimezone(timezone.utc), facts={"source": label})


def _recovers(found: dict[str, Any]) -> bool:
    return bool(found.get("BackupRetentionPeriod")) and "LatestRestorableTime" in found


def _snapshot(snapshot: dict[str, Any], identifier: str) -> tuple[str, object]:
    """Up to when it has the data: a copy keeps the time of the original."""
    at = None
    if snapshot.get("Status") == "available":
        at = (
            snapshot.get("SnapshotDatabaseTime")
            or snapshot.get("OriginalSnapshotCreateTime")
            or snapshot.get("SnapshotCreateTime")
        )
    return f"rds snapshot {snapshot.get(identifier)}", at
