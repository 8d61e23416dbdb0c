"""The five questions before a migration, from red to green: what the README shows, made anew.

Real: both databases, the dump, the rehearsal, the command. Prometheus is played by a server that answers as
it does. ``python -m tests.checklist.scenario`` writes the README's blocks.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from msgspec import Struct

from migration_lint.rehearsal.database import Database
from migration_lint.rehearsal.server import Server
from tests.checklist.answers import recorded, serving
from tests.checklist.test_backup import DUMPS, PLAIN
from tests.checklist.world import dsn_of
from tests.cli.command import run
from tests.project.readme import README

HISTORY = """CREATE TABLE migration_history (version varchar(50) PRIMARY KEY,
  applied_at timestamp DEFAULT now(), rollback_sql text NOT NULL, status varchar(20))"""
TABLE = "CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL)"
FIRST = {"db/001_users.up.sql": f"{TABLE};\n", "db/001_users.down.sql": "DROP TABLE users;\n"}
RED = {
    "db/002_login.up.sql": "SET lock_timeout = '2s';\nALTER TABLE users RENAME COLUMN name TO login;\n",
    "db/002_login.down.sql": "-- to be written\n",
}
GREEN = {
    "db/002_login.up.sql": "SET lock_timeout = '2s';\nALTER TABLE users ADD COLUMN login text;\n",
    "db/002_login.down.sql": "SET lock_timeout = '2s';\nALTER TABLE users DROP COLUMN login;\n",
}
_PART = re.compile(
    r"(<!-- scenario: (?P<what>\w+) -->\n```(?:console|toml)\n)(?P<body>.*?)(```\n<!-- end scenario -->)",
    re.DOTALL,
)


_MOVING = (
    (r"PID \d+", "PID 4711"),
    (r"for \d+ s\b", "for 5 s"),
    (r"\d+ of 97 are taken", "3 of 97 are taken"),
    (r"PostgreSQL 18\.\d+", "PostgreSQL 18.6"),
)


class Shown(Struct, frozen=True):
    """What the README shows."""

    red: str
    green: str

    def blocks(self) -> dict[str, str]:
        """By the name of the block."""
        command = "$ migration-lint checklist --target production\n"
        return {"red": command + self.red, "green": command + self.green}


def blocks(text: str) -> dict[str, str]:
    """The blocks of the README, by name."""
    return {match["what"]: match["body"] for match in _PART.finditer(text)}


def play(folder: Path, production: Database, staging: Database) -> Shown:
    """Red, then what has to be done, then green."""
    (folder / ".git").mkdir()
    (folder / "backups").mkdir()
    config = blocks(README.read_text(encoding="utf-8"))["config"]
    for database in (production, staging):
        database.run(TABLE, HISTORY, _row("001", 700))
    with serving(_prometheus("DiskFull")) as service:
        _write(
            folder,
            FIRST | RED | {"migration-lint.toml": config.replace("http://prometheus:9090", service.url)},
        )
        _dump(folder, (DUMPS / "pg_dump-died.sql.gz").read_bytes())
        environment = {"PRODUCTION_URL": dsn_of(production), "STAGING_URL": dsn_of(staging)}
        with _left_open(production):
            red = run(folder, "checklist", "--target", "production", **environment)
        assert red.code == 3, red

        _write(folder, GREEN)
        _dump(folder, gzip.compress(PLAIN))
        staging.run("ALTER TABLE users ADD COLUMN login text", _row("002", 26))
        service.answers |= _prometheus("PostgresDown")
        rehearsed = run(folder, "rehearse", "db", **environment)
        assert rehearsed.code == 0, rehearsed
        green = run(folder, "checklist", "--target", "production", **environment)
        assert green.code == 0, green
    return Shown(_steady(red.out), _steady(green.out))


def _row(version: str, hours: int) -> str:
    at = f"now() - interval '{hours} hours'"
    return f"INSERT INTO migration_history VALUES ('{version}', {at}, 'x', 'applied')"


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def _dump(folder: Path, content: bytes) -> None:
    path = folder / "backups" / "app.sql.gz"
    path.write_bytes(content)
    os.utime(path, (time.time() - 3660, time.time() - 3660))


@contextmanager
def _left_open(database: Database) -> Iterator[None]:
    """Somebody's session that has read the table, and went to lunch."""
    connection = database.connect()
    connection.execute("SET application_name = 'psql'")
    connection.execute("BEGIN")
    connection.execute("SELECT count(*) FROM users")
    time.sleep(5.1)
    yield
    connection.execute("ROLLBACK")


def _prometheus(alert: str) -> dict[str, Any]:
    """With one alert, evaluated just now; nothing fires, nothing is silenced."""
    rules = recorded("prometheus/rules.json")
    group = rules["data"]["groups"][0]
    (down,) = [rule for rule in group["rules"] if rule["name"] == "PostgresDown"]
    group["interval"] = 600
    group["rules"] = [down | {"name": alert, "lastEvaluation": datetime.now(timezone.utc).isoformat()}]
    up = {"resultType": "vector", "result": [{"metric": {}, "value": [1, "1"]}]}
    return {
        "/api/v1/rules": rules,
        "/api/v1/alerts": {"status": "success", "data": {"alerts": []}},
        "/api/v1/alertmanagers": {"status": "success", "data": {"activeAlertmanagers": [{"url": "x"}]}},
        "/api/v1/query?pg_up": {"status": "success", "data": up},
        "/api/v2/silences": [],
    }


def _steady(text: str) -> str:
    """Without what is another each time."""
    for pattern, words in _MOVING:
        text = re.sub(pattern, words, text)
    return text


def main() -> int:
    """Write the README's blocks."""
    with Server() as server, tempfile.TemporaryDirectory() as folder:
        shown = play(Path(folder), server.create(), server.create()).blocks()
    text = README.read_text(encoding="utf-8")
    made = _PART.sub(lambda match: match[1] + shown.get(match["what"], match["body"]) + match[4], text)
    README.write_text(made, encoding="utf-8")
    print(json.dumps(sorted(shown)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
