"""Backups, as files, commands and claims. The dumps are real ones (`fixtures/answers/dumps`)."""

from __future__ import annotations

import gzip
import os
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import zstandard

from migration_lint.checklist import backup
from migration_lint.findings import Status, Verdict
from tests.checklist.world import asked, pair, subject
from tests.project.readme import ROOT

DUMPS = ROOT / "fixtures" / "answers" / "dumps"
ARCHIVE = (DUMPS / "pg_dump-15.dump").read_bytes()
PLAIN = zstandard.ZstdDecompressor().stream_reader((DUMPS / "pg_dump-15.sql.zst").open("rb")).read()
MARIADB = (DUMPS / "mariadb-dump.sql").read_bytes()
MADE = datetime(2026, 11, 22, 6, 22, 27, tzinfo=timezone.utc)
"""When the archive says it was made, by the clock of a machine in UTC."""
UP = "ALTER TABLE users ADD COLUMN email text;\n"
OWNED = "-- migration-lint: irreversible the column is empty\nALTER TABLE users DROP COLUMN name;\n"


def written(path: Path, content: bytes, age: float = 3600) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (time.time() - age, time.time() - age))
    return path


def verdict(folder: Path, up: str = UP, rollback: dict[str, str] | None = None, **settings: Any) -> Verdict:
    now = settings.pop("now", datetime.now(timezone.utc))
    about = subject(folder / "db", pair(up), now=now, backup=settings, rollback=rollback or {})
    return asked(backup.CHECK, about)


def files(folder: Path, *patterns: str, **settings: Any) -> Verdict:
    paths = [str(folder / "backups" / pattern) for pattern in patterns or ("*",)]
    return verdict(folder, provider="files", paths=paths, **settings)


GOOD = {
    "plain.sql": PLAIN,
    "packed.sql.gz": gzip.compress(PLAIN, 1),
    "packed.sql.zst": (DUMPS / "pg_dump-15.sql.zst").read_bytes(),
    "mariadb.sql": MARIADB,
}


@pytest.mark.parametrize("name", GOOD)
def test_a_whole_dump_passes(tmp_path: Path, name: str) -> None:
    written(tmp_path / "backups" / name, GOOD[name])
    made = files(tmp_path, time_zone="UTC", max_age="3650d")
    assert made.status is Status.PASSED, made.why
    assert "read to its end" in made.why
    assert made.evidence["bytes_unpacked"] == (len(MARIADB) if name == "mariadb.sql" else len(PLAIN))


BAD = {
    "died.sql.gz": ((DUMPS / "pg_dump-died.sql.gz").read_bytes(), "it is empty"),
    "cut.sql.gz": (gzip.compress(PLAIN, 1)[:20000], "damaged or breaks off (gzip)"),
    "cut.sql.zst": ((DUMPS / "pg_dump-15.sql.zst").read_bytes()[:8000], "damaged or breaks off (zstd)"),
    "flipped.sql.gz": (gzip.compress(PLAIN, 1)[:-8] + b"\0" * 8, "damaged or breaks off (gzip)"),
    "cut.sql": (PLAIN[:200_000], "pg_dump's last line is missing"),
    "cut-then-packed.sql.gz": (gzip.compress(PLAIN[:200_000]), "pg_dump's last line is missing"),
    "cut-mariadb.sql": (MARIADB[:-60], "mysqldump's last line is missing"),
    "cut.dump": (ARCHIVE[:20000], "it cannot be restored: "),
    "header.dump": (ARCHIVE[:30], "its header is damaged"),
    "notes.txt": (b"remember to back up\n" * 100, "it is no dump"),
    "empty.sql": (b"", "it is empty"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_broken_dump_fails(tmp_path: Path, name: str) -> None:
    content, why = BAD[name]
    written(tmp_path / "backups" / name, content)
    made = files(tmp_path, max_age="3650d")
    assert made.status is Status.FAILED, made.why
    assert why in made.why


def test_a_cut_archive_passes_only_where_nobody_asked_for_more(tmp_path: Path) -> None:
    """Its table of contents is whole: pg_restore --list is content with it."""
    written(tmp_path / "backups" / "cut.dump", ARCHIVE[:20000])
    listed = files(tmp_path, integrity="restore-list", max_age="3650d")
    assert (listed.status, "its contents listed" in listed.why) == (Status.PASSED, True)
    assert files(tmp_path, integrity="full-read", max_age="3650d").status is Status.FAILED


@pytest.mark.parametrize("packed", [False, True])
def test_an_archive_is_read_by_pg_restore(tmp_path: Path, packed: bool) -> None:
    name, content = ("a.dump.gz", gzip.compress(ARCHIVE)) if packed else ("a.dump", ARCHIVE)
    written(tmp_path / "backups" / name, content)
    made = files(tmp_path, max_age="3650d")
    assert made.status is Status.PASSED, made.why
    assert "all of it read" in made.why
    assert made.evidence["database"] == "postgres"


def test_without_pg_restore_nobody_can_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path / "backups" / "a.dump", ARCHIVE)
    monkeypatch.setenv("PATH", str(tmp_path))
    made = files(tmp_path, max_age="3650d")
    assert made.status is Status.UNKNOWN and "pg_restore is not installed here" in made.why


def test_a_copied_dump_is_as_old_as_it_says(tmp_path: Path) -> None:
    """The file is new, and what is in it is not."""
    written(tmp_path / "backups" / "a.dump", ARCHIVE, age=60)
    made = files(tmp_path, integrity="header", time_zone="UTC")
    assert made.status is Status.FAILED and "old, and 24h is the most" in made.why
    assert made.evidence["consistent_to"] == MADE.isoformat(timespec="seconds")
    made = files(tmp_path, integrity="header", time_zone="UTC", now=MADE + timedelta(hours=23))
    assert made.status is Status.PASSED and "23 h old" in made.why
    made = files(tmp_path, integrity="header", time_zone="Asia/Tokyo", now=MADE + timedelta(hours=23))
    assert made.status is Status.FAILED


def test_a_zone_that_is_not_known(tmp_path: Path) -> None:
    written(tmp_path / "backups" / "a.dump", ARCHIVE)
    made = files(tmp_path, integrity="header", time_zone="Mars/Olympus")
    assert made.status is Status.UNKNOWN and "'Mars/Olympus' is not known here" in made.why


def test_an_old_one_fails_and_one_from_the_future_does_too(tmp_path: Path) -> None:
    written(tmp_path / "backups" / "a.sql", PLAIN, age=25 * 3600)
    assert "it is 1 d old, and 24h is the most" in files(tmp_path).why
    written(tmp_path / "backups" / "a.sql", PLAIN, age=-3600)
    assert "its time is to come" in files(tmp_path).why


def test_the_newest_counts(tmp_path: Path) -> None:
    written(tmp_path / "backups" / "old.sql", PLAIN, age=7200)
    written(tmp_path / "backups" / "new.sql", PLAIN[:9000], age=60)
    made = files(tmp_path)
    assert made.status is Status.FAILED and "new.sql: it breaks off" in made.why


def test_what_is_still_being_written_is_no_backup(tmp_path: Path) -> None:
    written(tmp_path / "backups" / "a.sql.part", PLAIN)
    made = files(tmp_path)
    assert made.status is Status.FAILED and "but files that are still being written" in made.why


def test_a_file_that_grows_is_still_being_written(tmp_path: Path) -> None:
    from threading import Event, Thread

    path = written(tmp_path / "backups" / "a.sql", PLAIN, age=0)
    over = Event()

    def write() -> None:
        while not over.wait(0.1):
            with path.open("ab") as file:
                file.write(b"\n")

    writer = Thread(target=write)
    writer.start()
    try:
        made = files(tmp_path)
    finally:
        over.set()
        writer.join()
    assert made.status is Status.FAILED and "it is still being written" in made.why


def test_one_of_another_database(tmp_path: Path) -> None:
    written(tmp_path / "backups" / "a.dump", ARCHIVE)
    made = files(tmp_path, database="shop", max_age="3650d")
    assert made.status is Status.FAILED and "it is of the database postgres, not shop" in made.why
    written(tmp_path / "backups" / "a.dump", PLAIN)
    made = files(tmp_path, database="shop", max_age="3650d")
    assert "it does not say that it is of the database shop" in made.why


def test_one_that_shrank(tmp_path: Path) -> None:
    for number in range(1, 4):
        written(tmp_path / "backups" / f"{number}.sql", PLAIN, age=number * 86400)
    written(tmp_path / "backups" / "now.sql", MARIADB)
    made = files(tmp_path, max_age="3650d", time_zone="UTC")
    assert made.status is Status.FAILED and "less than 0.5 of that (min_ratio)" in made.why
    assert files(tmp_path, max_age="3650d", time_zone="UTC", min_ratio=0).status is Status.PASSED


def test_one_that_is_too_small(tmp_path: Path) -> None:
    written(tmp_path / "backups" / "a.sql", MARIADB)
    made = files(tmp_path, max_age="3650d", min_size=1_000_000)
    assert made.status is Status.FAILED and "1,000,000 are the least (min_size)" in made.why


def test_no_file_is_a_failure_and_no_folder_is_not_known(tmp_path: Path) -> None:
    assert files(tmp_path).status is Status.UNKNOWN
    assert f"the folder {tmp_path / 'backups'} is not there" in files(tmp_path).why
    (tmp_path / "backups").mkdir()
    assert files(tmp_path).status is Status.FAILED
    assert "there is nothing at" in files(tmp_path).why


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"-----BEGIN PGP MESSAGE-----\n" + b"x" * 5000, "it is encrypted"),
        (b"Salted__" + b"x" * 5000, "it is encrypted"),
        (b"\x04\x22\x4d\x18" + b"x" * 5000, "nothing here reads lz4"),
        ((DUMPS / "mariadb-dump-skip-comments.sql").read_bytes(), "written with --skip-comments"),
        (b"PGDMP\x01\x09\x00\x04\x08\x01" + b"x" * 5000, "its format 1.9.0 is not known"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_not_known(tmp_path: Path, content: bytes, why: str) -> None:
    written(tmp_path / "backups" / "a", content)
    made = files(tmp_path)
    assert made.status is Status.UNKNOWN, made.why
    assert why in made.why
    assert files(tmp_path, integrity="exists").status is Status.PASSED


def test_a_folder_of_pg_dump_that_lost_a_file(tmp_path: Path) -> None:
    (tmp_path / "backups" / "app").mkdir(parents=True)
    written(tmp_path / "backups" / "app" / "toc.dat", ARCHIVE[:10] + b"\x03" + ARCHIVE[11:])
    made = files(tmp_path, max_age="3650d")
    assert made.status is Status.FAILED and "it cannot be restored" in made.why


def command(folder: Path, code: str, **settings: Any) -> Verdict:
    return verdict(folder, provider="command", command=[sys.executable, "-c", code], **settings)


NOW = "import datetime as d; t = d.datetime.now(d.timezone.utc)"


@pytest.mark.parametrize(
    ("code", "settings", "status", "why"),
    [
        (f"{NOW}; print('{{\"finished_at\": \"%s\"}}' % t.isoformat())", {}, Status.PASSED, " old"),
        (f"{NOW}; print('[{{\"b\": %d}}]' % t.timestamp())", {"finished_at": "/-1/b"}, Status.PASSED, ""),
        ("print('{\"finished_at\": \"2020-01-01T00:00:00Z\"}')", {}, Status.FAILED, " old"),
        ("print('{\"finished_at\": \"2020-01-01T00:00:00\"}')", {}, Status.UNKNOWN, "no time with a zone"),
        ("print('{\"finished_at\": \"soon\"}')", {}, Status.UNKNOWN, "no time with a zone"),
        ("print('{}')", {}, Status.UNKNOWN, "says nothing at /finished_at"),
        ("print('')", {}, Status.UNKNOWN, "did not print JSON"),
        ("print('s3cret'); raise SystemExit(7)", {}, Status.FAILED, "ended with 7"),
        ("pass", {"finished_at": False}, Status.PASSED, ""),
        ("raise SystemExit(1)", {"finished_at": False}, Status.FAILED, "ended with 1"),
        ("import time; time.sleep(60)", {"timeout": "0.5s"}, Status.UNKNOWN, "no answer within 0.5 s"),
        ("print('{\"s\": \"NO\"}')", {"status": "/s", "succeeded": ["OK"]}, Status.FAILED, "'NO', not OK"),
        ("print('{}')", {"status": "/s", "succeeded": ["DONE"]}, Status.UNKNOWN, "says nothing at /s"),
    ],
)  # fmt: skip
def test_a_command(tmp_path: Path, code: str, settings: dict[str, Any], status: Status, why: str) -> None:
    made = command(tmp_path, code, **settings)
    assert made.status is status, made.why
    assert why in made.why and "s3cret" not in made.why


def test_a_command_that_is_not_there(tmp_path: Path) -> None:
    made = verdict(tmp_path, provider="command", command=["no-such-program"])
    assert made.status is Status.UNKNOWN and "no-such-program is not installed here" in made.why


OLD = "2026-01-01T00:00:00Z"
CLAIM = 'of = "production"\nby = "alice"\nnote = "snap-1"\nat = {at}\n'


def claim(folder: Path, text: str, **settings: Any) -> Verdict:
    (folder / "claim.toml").write_text(text)
    return verdict(folder, provider="attest", file=str(folder / "claim.toml"), **settings)


def test_a_claim_is_shown_as_a_claim(tmp_path: Path) -> None:
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    made = claim(tmp_path, CLAIM.format(at=now))
    assert made.status is Status.PASSED
    assert "(claimed by alice, not verified: snap-1)" in made.why


@pytest.mark.parametrize(
    ("text", "status", "why"),
    [
        (CLAIM.format(at="2026-01-01T00:00:00Z"), Status.FAILED, " old"),
        (CLAIM.format(at="2026-01-01T00:00:00"), Status.UNKNOWN, "when, with a zone"),
        (CLAIM.replace("production", "stage").format(at=OLD), Status.FAILED, "about 'stage'"),
        ('of = "production"\nby = " "', Status.UNKNOWN, "who claims it"),
        ("of = ", Status.UNKNOWN, "claim.toml"),
    ],
)  # fmt: skip
def test_a_claim_that_is_none(tmp_path: Path, text: str, status: Status, why: str) -> None:
    made = claim(tmp_path, text)
    assert made.status is status and why in made.why


def test_nobody_has_claimed(tmp_path: Path) -> None:
    made = verdict(tmp_path, provider="attest", file=str(tmp_path / "nowhere.toml"))
    assert made.status is Status.FAILED and "nobody has claimed" in made.why


def test_nobody_is_named(tmp_path: Path) -> None:
    made = asked(backup.CHECK, subject(tmp_path, pair(UP)))
    assert made.status is Status.UNKNOWN and "set backup in the target" in made.why


def test_what_cannot_be_undone_needs_a_younger_one(tmp_path: Path) -> None:
    written(tmp_path / "backups" / "a.sql", PLAIN, age=5400)
    assert files(tmp_path).status is Status.PASSED
    made = files(tmp_path, up=OWNED)
    assert made.status is Status.FAILED
    assert "1h is the most, as 2_it is irreversible (rollback.max_backup_age)" in made.why
    assert files(tmp_path, up=OWNED, rollback={"max_backup_age": "2h"}).status is Status.PASSED
