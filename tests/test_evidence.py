"""Evidence of a rehearsal: it is read as it was written, and holds for the very same scripts only."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from msgspec.structs import replace

from migration_lint.errors import UsageError
from migration_lint.evidence import (
    SCHEMA,
    Evidence,
    Result,
    Results,
    digest,
    newest_for,
    read_evidence,
    write_evidence,
)
from migration_lint.model import Document, Migration, Script, TransactionMode

from .report.validation import is_valid, validate

AT = datetime(2026, 11, 25, 12, tzinfo=timezone.utc)


def _script(sql: str, transaction: TransactionMode = TransactionMode.ONE) -> Script:
    return Script(Document("db/V7__add.sql", sql), sql, transaction)


MIGRATION = Migration("7", "flyway", _script("ALTER TABLE t ADD c int"), _script("ALTER TABLE t DROP c"))
PASSED = Result("passed")


def _evidence(migration: Migration = MIGRATION, at: datetime = AT) -> Evidence:
    return Evidence(
        schema=SCHEMA,
        migration=migration.id,
        tool=migration.tool,
        path=migration.path,
        up_sha256=digest(migration.up),
        down_sha256=digest(migration.down) if migration.down is not None else None,
        transaction="one",
        engine="postgres",
        server_version="18.6",
        results=Results(PASSED, PASSED, PASSED, Result("unknown", "no queries were given")),
        seconds=0.25,
        at=at,
    )


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = write_evidence(_evidence(), str(tmp_path / "made" / "here"))
    assert read_evidence(str(tmp_path / "made" / "here")) == ((_evidence(),), ())
    document = json.loads(Path(path).read_text(encoding="utf-8"))
    validate(document, "evidence")
    assert document["up_sha256"] == "e45c91b986842c992a638474d064a0173da14eb0d804e61b11dc5be7ddd74034"
    assert not is_valid(document | {"up_sha256": "f9"}, "evidence")
    assert not is_valid(document | {"at": 1}, "evidence")
    assert not is_valid({key: value for key, value in document.items() if key != "results"}, "evidence")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        (replace(MIGRATION, up=_script("ALTER TABLE t ADD c bigint")), "the up script has changed"),
        (replace(MIGRATION, down=_script("SELECT 1")), "the down script has changed"),
        (replace(MIGRATION, down=None), "the down script has changed"),
        (replace(MIGRATION, up=_script("ALTER TABLE t ADD c int", TransactionMode.NONE)), "the transaction"),
    ],
)
def test_it_holds_for_the_same_scripts_only(changed: Migration, why: str) -> None:
    assert _evidence().valid_for(MIGRATION)
    assert not _evidence().valid_for(changed)
    assert str(_evidence().stale(changed)).startswith(why)


def test_it_holds_for_its_own_migration_only() -> None:
    assert not _evidence().valid_for(replace(MIGRATION, id="8"))
    assert not _evidence(replace(MIGRATION, down=None)).valid_for(MIGRATION)


def test_the_newest_that_holds_counts() -> None:
    other = _evidence(replace(MIGRATION, up=_script("SELECT 1")), AT + timedelta(days=1))
    older = _evidence(at=AT - timedelta(days=1))
    assert newest_for(MIGRATION, [older, _evidence(), other]) == _evidence()
    assert newest_for(replace(MIGRATION, id="8"), [older, other]) is None


def test_new_evidence_takes_the_place_of_old_and_not_of_another_history_s(tmp_path: Path) -> None:
    later = replace(_evidence(), at=AT + timedelta(days=1))
    elsewhere = replace(_evidence(), path="other/V7__add.sql")
    for each in (_evidence(), later, elsewhere):
        write_evidence(each, str(tmp_path))
    found, errors = read_evidence(str(tmp_path))
    assert errors == ()
    assert sorted((each.path, each.at) for each in found) == [
        ("db/V7__add.sql", later.at),
        ("other/V7__add.sql", AT),
    ]


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b::1::me", "..", "x" * 500, "naïve \udcff", "NUL\0"])
def test_any_id_makes_a_file_name_in_the_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "evidence"
    evidence = replace(_evidence(), migration=name.replace("\udcff", "ÿ"))
    assert Path(write_evidence(evidence, str(folder))).parent == folder
    assert read_evidence(str(folder)) == ((evidence,), ())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "\xff",
        '{"schema": "migration-lint/evidence/2"}',
        '"' + "x" * 2_000_000 + '"',
    ],
)
def test_what_is_no_evidence_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_bytes(text.encode("latin-1"))
    write_evidence(_evidence(), str(tmp_path))
    found, errors = read_evidence(str(tmp_path))
    assert found == (_evidence(),)
    (error,) = errors
    assert error.path == str(tmp_path / "a.json")
    assert error.message.startswith("not evidence of a rehearsal: ")


def test_no_folder_is_no_evidence_and_one_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    assert read_evidence(str(tmp_path / "none")) == ((), ())
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        write_evidence(_evidence(), str(tmp_path / "file"))
