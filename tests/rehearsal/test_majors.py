"""Another major version, from the machine's own programs (`.ci/tools` installs one on Debian)."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from ..cli.command import migrations, run


def _programs() -> str:
    """The folder of the newest server that is installed here."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    assert found or on_path, "there is no PostgreSQL server here: apt-get install postgresql"
    return str(found[-1].parent if found else Path(str(on_path)).parent)


def test_the_programs_of_the_machine(tmp_path: Path) -> None:
    programs = _programs()
    told = subprocess.run([f"{programs}/postgres", "--version"], capture_output=True, text=True, check=True)
    release = told.stdout.split()[2]
    files = {
        "00001_t.sql": "-- +goose Up\nCREATE TABLE t (id int PRIMARY KEY, c int NOT NULL);\n",
        "00002_i.sql": "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE INDEX CONCURRENTLY i ON t (c);\n"
        "ALTER TABLE t ADD COLUMN d int DEFAULT 1;\nALTER TABLE t ALTER c TYPE bigint;\n"
        "-- +goose Down\nALTER TABLE t ALTER c TYPE int;\nALTER TABLE t DROP d;\nDROP INDEX i;\n",
    }
    ran = run(
        migrations(tmp_path, files),
        *("rehearse", "db/00002_i.sql", "--pg-bin", programs, "--rows", "100"),
        *("--output-format", "text", "--output-format", "json=out.json"),
    )
    assert ran.code == 0, ran.out + ran.err
    document = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert document["server_version"] == release
    (migration,) = document["migrations"]
    assert [result["status"] for result in migration["results"].values()][:3] == ["passed"] * 3
    facts = {fact["agreement"] for statement in migration["statements"] for fact in statement["comparison"]}
    assert facts == {"confirmed", "not comparable"}, ran.out  # a rewrite reads its table too
