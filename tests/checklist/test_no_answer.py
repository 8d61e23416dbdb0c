"""No check passes on no answer: whoever is silent, each question that needs an answer stays open."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from migration_lint.checklist.asking import ask
from migration_lint.checklist.catalogue import CHECKS
from migration_lint.checklist.subject import Subject
from migration_lint.findings import Status, Verdict
from tests.checklist.world import asking, pair, subject

UP = "ALTER TABLE users ALTER COLUMN id TYPE text;\n"
"""It locks and rewrites a table in use, and sets no lock timeout: everything has something to ask."""
OF_FILES_ALONE = {"rollback-present", "rollback-inverse", "compatible-code", "lint"}
NEED_AN_ANSWER = [check for check in CHECKS if check.id not in OF_FILES_ALONE]
FOLDER = "/no/such/folder"


def verdicts(about: Subject) -> dict[str, Verdict]:
    made = ask(NEED_AN_ANSWER, about, {check.id: "required" for check in CHECKS}, ())
    return {verdict.check: verdict for verdict in made}


def silent(folder: Path, dsn: str, **settings: Any) -> Subject:
    about = subject(folder, pair(UP), dsn=dsn, timeout="1s", rollback={"evidence": FOLDER}, **settings)
    target = replace(about.target, dsn=settings_of(dsn))
    return replace(
        about,
        target=target,
        database=asking("production", dsn, 1),
        staging=asking("staging", dsn, 1),
        staging_target=target,
    )


def settings_of(dsn: str) -> Any:
    from migration_lint.targets import Secret

    return Secret(env="TEST") if dsn else None


@pytest.fixture
def hanging() -> Iterator[str]:
    """A server that accepts, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"host=127.0.0.1 port={listening.getsockname()[1]} user=u dbname=d"


def test_nobody_is_named(tmp_path: Path) -> None:
    about = subject(tmp_path, pair(UP), rollback={"evidence": FOLDER}, queries=True)
    made = verdicts(about)
    assert made.pop("pending").status is Status.PASSED  # what was named is pending: nobody else is asked
    assert {name: one.status for name, one in made.items() if one.status is not Status.UNKNOWN} == {}


@pytest.mark.parametrize("dsn", ["host=127.0.0.1 port=1 user=u dbname=d", "no dsn at all"])
def test_nobody_is_there(tmp_path: Path, dsn: str) -> None:
    about = silent(
        tmp_path,
        dsn,
        queries=True,
        backup={"provider": "files", "paths": [f"{FOLDER}/*"]},
        monitoring={
            "provider": "prometheus",
            "url": "http://127.0.0.1:1",
            "alerts": ["A"],
            "alertmanager": "http://127.0.0.1:1",
        },
    )
    made = verdicts(about)
    assert {name: one.why for name, one in made.items() if one.status is not Status.UNKNOWN} == {}


def test_somebody_hangs(tmp_path: Path, hanging: str) -> None:
    url = f"http://127.0.0.1:{hanging.split('port=')[1].split()[0]}"
    about = silent(
        tmp_path,
        hanging,
        queries=True,
        backup={"provider": "http", "url": url, "timeout": "1s"},
        monitoring={
            "provider": "prometheus",
            "url": url,
            "alertmanager": url,
            "alerts": ["A"],
            "timeout": "1s",
        },
    )
    made = verdicts(about)
    assert {name: one.why for name, one in made.items() if one.status is not Status.UNKNOWN} == {}
    assert made["database-primary"].why == "no answer within 1 s"
