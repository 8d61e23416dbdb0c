"""The command as people run it: a process of its own, with nothing of our environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from msgspec import Struct

from tests.linting.world import OWN_RULES

ROOT = Path(__file__).parent.parent.parent
MIGRATIONS = {
    "1_orders.sql": "CREATE TABLE orders (id bigint, user_id bigint);\n",
    "2_index.sql": "CREATE INDEX orders_user_id ON orders (user_id);\n",
}
OWN = ("--rules", str(OWN_RULES), "--select", "index-build-waits,no-rows-deleted,other-stall")


class Ran(Struct):
    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


def run(folder: Path, *arguments: str, stdin: str | bytes = b"", **environment: str) -> Ran:
    """Run migration-lint in a folder."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TEMP", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-m", "migration_lint", *arguments],
        cwd=folder,
        input=stdin.encode() if isinstance(stdin, str) else stdin,
        capture_output=True,
        env={**kept, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", **environment},
        timeout=120,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


def check(folder: Path, *arguments: str, **more: Any) -> Ran:
    """``check`` with the tests' own rules and no others."""
    return run(folder, "check", *arguments, *OWN, **more)


def migrations(folder: Path, files: dict[str, str] | None = None) -> Path:
    """A folder ``db`` with migrations, in a repository of its own."""
    (folder / ".git").mkdir(exist_ok=True)
    (folder / "db").mkdir(exist_ok=True)
    for name, sql in (MIGRATIONS if files is None else files).items():
        (folder / "db" / name).write_text(sql)
    return folder
