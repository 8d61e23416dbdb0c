"""pgBackRest, Barman and WAL-G by what they print, and a service by what it answers."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from migration_lint.checklist import backup
from migration_lint.findings import Status, Verdict
from tests.checklist.answers import ANSWERS, recorded, serving
from tests.checklist.world import asked, pair, subject

MADE = datetime(2026, 11, 22, 6, 16, 11, tzinfo=timezone.utc)


def verdict(folder: Path, now: datetime = MADE + timedelta(hours=1), **settings: Any) -> Verdict:
    return asked(backup.CHECK, subject(folder, pair("SELECT 1;\n"), now=now, backup=settings))


def printing(text: str, code: int = 0) -> list[str]:
    """A program that prints a text, whatever it is asked."""
    return ["sh", "-c", f"cat <<'END'\n{text}\nEND\nexit {code}", "it"]


def printed(name: str, code: int = 0) -> list[str]:
    return printing((ANSWERS / name).read_text(), code)


@pytest.mark.parametrize(
    ("answer", "status", "why"),
    [
        ("info_ok", Status.PASSED, "pgbackrest app 20261122-060957F_20261122-061000I, 1 h old"),
        ("info_mixed_two_repos", Status.PASSED, "20261122-060957F_20261122-061000I"),
        ("info_page_error", Status.FAILED, "pages of it have wrong checksums"),
        ("info_lock_held", Status.FAILED, "a backup is running now"),
        ("info_missing_data", Status.FAILED, "missing stanza data"),
        ("info_missing_stanza", Status.UNKNOWN, "pgbackrest knows no stanza app"),
        ("info_permission", Status.UNKNOWN, "cannot read the repository of app: "),
    ],
)
def test_pgbackrest(tmp_path: Path, answer: str, status: Status, why: str) -> None:
    command = printed(f"pgbackrest/{answer}.json")
    made = verdict(tmp_path, provider="pgbackrest", stanza="app", command=command)
    assert made.status is status, made.why
    assert why in made.why


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (printing("[]", 55), "pgbackrest ended with 55"),
        (printing("ERROR"), "pgbackrest did not print JSON"),
        (printing("[]"), "pgbackrest knows no stanza app"),
        (["no-such-program"], "no-such-program is not installed here"),
        (["sleep", "60", ";"], "ended with 1"),
    ],
)
def test_pgbackrest_gives_no_answer(tmp_path: Path, command: list[str], why: str) -> None:
    made = verdict(tmp_path, provider="pgbackrest", stanza="app", command=command)
    assert made.status is Status.UNKNOWN and why in made.why


def test_pgbackrest_hangs(tmp_path: Path) -> None:
    command = ["sh", "-c", "sleep 60"]
    made = verdict(tmp_path, provider="pgbackrest", stanza="app", command=command, timeout="0.5s")
    assert made.status is Status.UNKNOWN and "no answer within 0.5 s" in made.why


def test_an_old_backup_of_pgbackrest(tmp_path: Path) -> None:
    command = printed("pgbackrest/info_ok.json")
    made = verdict(tmp_path, MADE + timedelta(days=2), provider="pgbackrest", stanza="app", command=command)
    assert made.status is Status.FAILED and "2 d old, and 24h is the most" in made.why


@pytest.mark.parametrize(
    ("answer", "code", "status", "why"),
    [
        ("list_named", 0, Status.PASSED, "barman app 20261122T061604, 1 h old"),
        ("v319_list", 0, Status.PASSED, "barman app 20261122T061604, 1 h old"),
        ("list_two", 0, Status.PASSED, "20261122T061541"),
        ("list_one", 0, Status.FAILED, "no backup is done (FAILED)"),
        ("list_empty", 0, Status.FAILED, "no backup is done (none at all)"),
        ("list_nosuch", 1, Status.UNKNOWN, "barman says: Unknown server 'nosuch'"),
        ("list_named", 1, Status.UNKNOWN, "barman says nothing of the server app"),
    ],
)
def test_barman(tmp_path: Path, answer: str, code: int, status: Status, why: str) -> None:
    command = printed(f"barman/{answer}.json", code)
    made = verdict(tmp_path, provider="barman", server="app", command=command)
    assert made.status is status, made.why
    assert why in made.why


def test_a_backup_of_barman_that_waits_for_wal_does_not_count(tmp_path: Path) -> None:
    text = (ANSWERS / "barman" / "list_two.json").read_text().replace("DONE", "WAITING_FOR_WALS")
    made = verdict(tmp_path, provider="barman", server="app", command=printing(text))
    assert made.status is Status.FAILED and "no backup is done (FAILED, WAITING_FOR_WALS)" in made.why


WAL_G = '[{"backup_name": "base_4", "time": "2026-11-22T06:10:02Z", "finish_time": "%s"}]'


@pytest.mark.parametrize(
    ("command", "status", "why"),
    [
        (printing(WAL_G % "2026-11-22T06:10:02.456123456Z"), Status.PASSED, "wal-g base_4, 1 h old"),
        (printing(WAL_G % "2026-11-01T06:10:02Z"), Status.FAILED, "21 d old"),
        (printing("[]"), Status.FAILED, "there is no backup"),
        (["true"], Status.FAILED, "there is no backup"),
        (printing('[{"backup_name": "base_4"}]'), Status.UNKNOWN, "does not say when base_4 was made"),
        (printing("{}"), Status.UNKNOWN, "did not print JSON"),
        (["false"], Status.UNKNOWN, "wal-g ended with 1"),
    ],
)
def test_wal_g(tmp_path: Path, command: list[str], status: Status, why: str) -> None:
    made = verdict(tmp_path, provider="wal-g", command=command)
    assert made.status is status, made.why
    assert why in made.why


@pytest.mark.parametrize(
    ("answer", "status", "why"),
    [
        ({"finished_at": "2026-11-22T06:10:02Z", "status": "OK"}, Status.PASSED, "1 h old"),
        (
            {"finished_at": "2026-11-22T06:10:02Z", "status": "NO"},
            Status.FAILED,
            "its status is 'NO', not OK",
        ),
        ({"status": "OK"}, Status.UNKNOWN, "says nothing at /finished_at"),
        (b"<html>", Status.UNKNOWN, "does not answer in JSON"),
        ("hang", Status.UNKNOWN, "no answer"),
    ],
)
def test_a_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Any, status: Status, why: str
) -> None:
    monkeypatch.setenv("TOKEN", "s3cret")
    with serving({"/backups": answer}) as service:
        made = verdict(
            tmp_path,
            provider="http",
            url=f"{service.url}/backups",
            token={"env": "TOKEN"},
            status="/status",
            succeeded=["OK"],
            timeout="1s",
        )
        assert service.seen[0]["Authorization"] == "Bearer s3cret"
    assert made.status is status, made.why
    assert why in made.why and "s3cret" not in made.why


def test_the_recorded_answers_are_what_they_say() -> None:
    assert recorded("pgbackrest/info_permission.json")[0]["status"]["code"] == 99
