"""No dump or base backup runs now, and WAL is archived.

pg_dump holds ACCESS SHARE on every table until it is done: a migration would queue behind it, and everyone
else behind the migration.
"""

from __future__ import annotations

from migration_lint.checklist.check import Answer, failed, passed
from migration_lint.checklist.database.asking import question, seen
from migration_lint.checklist.probes.postgres import Row
from migration_lint.checklist.subject import Subject
from migration_lint.checklist.times import ago

_DUMPS = """
select pid, application_name as name,
       extract(epoch from pg_catalog.clock_timestamp() - xact_start)::float8 as seconds
from pg_catalog.pg_stat_activity
where datname = pg_catalog.current_database() and xact_start is not null
  and pid <> pg_catalog.pg_backend_pid()
  and (application_name ~ '^pg_dump' or application_name ~* 'backup|barman|pgbackrest|wal-g'
       or query ~* '^\\s*COPY .* TO stdout')
union all
select pid, application_name, null
from pg_catalog.pg_stat_replication where state = 'backup'
"""
_ARCHIVER = """
select pg_catalog.current_setting('archive_mode') as mode, failed_count as failures, last_failed_wal as wal,
       last_failed_time is not null and (last_archived_time is null or last_failed_time > last_archived_time)
         as failing
from pg_catalog.pg_stat_archiver
"""


def _running(subject: Subject) -> Answer:
    rows = seen(subject.database).rows(_DUMPS)
    if not rows:
        return passed("no dump and no base backup")
    lines = [f"PID {row['pid']} ({row['name'] or 'COPY'}) copies the database{_since(row)}" for row in rows]
    return failed("\n".join([*lines, "the migration would wait for it, and everyone behind the migration"]))


def _since(row: Row) -> str:
    return f", for {ago(row['seconds'])}" if row["seconds"] is not None else ""


def _archiving(subject: Subject) -> Answer:
    row = subject.database.row(_ARCHIVER)
    if row["mode"] == "off":
        return passed("archive_mode is off: no WAL is archived")
    if row["failing"]:
        return failed(
            f"{row['wal']} could not be archived ({row['failures']} failures): see the server's log"
        )
    return passed("WAL is archived")


RUNNING = question("backup-running", "No backup is running", "whether somebody dumps it", _running)
ARCHIVING = question("backup-archiving", "WAL is archived", "whether archiving fails", _archiving)
