"""Record the SQL that Django itself runs for the migrations of ``fixtures/projects/django``.

``python -m tests.sources.django.record PYTHON…`` writes ``recorded/VERSION.jsonl`` anew, one for each
interpreter, which has Django and psycopg; with ``--check`` it only says whether they are as Django has it.
The migrations are run on a PostgreSQL server one by one, and back again, and what Django's schema editor
logs is kept. (``sqlmigrate`` looks up names of constraints in a database on which the migration has not
run, so what it prints is not always what runs.)
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import NamedTemporaryFile

from tests.server import Server

HERE = Path(__file__).parent
CORPUS = HERE.parents[2] / "fixtures" / "projects" / "django"
RECORDED = HERE / "recorded"
_NOW = re.compile(r"'[^']*'::(timestamptz|uuid)")


class _Project:
    """The corpus under one interpreter, with a database of its own."""

    def __init__(self, python: str, server: Server, log: Path) -> None:
        database = server.create()
        with database.connect() as connection:
            host, port = connection.info.host, connection.info.port
        self.python = python
        self.log = log
        self.environment = {
            **os.environ,
            "CORPUS_DATABASE": database.name,
            "CORPUS_HOST": host,
            "CORPUS_PORT": str(port),
            "CORPUS_LOG": str(log),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def manage(self, *arguments: str) -> str:
        """What a command of ``manage.py`` prints."""
        command = [self.python, "manage.py", *arguments]
        ended = subprocess.run(command, cwd=CORPUS, env=self.environment, capture_output=True, text=True)
        if ended.returncode != 0:
            sys.exit(f"{' '.join(arguments)}: {ended.stderr[-2000:]}")
        return ended.stdout

    def version(self) -> str:
        """Django's version, without its last number."""
        return ".".join(self.manage("version").split(".")[:2])

    def migrations(self) -> list[tuple[str, str]]:
        """(app, name) of all migrations in the order in which they run."""
        plan = self.manage("showmigrations", "--plan").splitlines()
        found = [line[5:].split()[0].partition(".") for line in plan if line.startswith("[")]
        return [(app, name) for app, _, name in found]

    def run(self, app: str, name: str) -> list[str]:
        """The statements that run to get there; values of the moment are ``NOW``."""
        self.log.write_text("")
        self.manage("migrate", "--verbosity=0", app, name)
        statements = [json.loads(line) for line in self.log.read_text().splitlines()]
        return [_NOW.sub(r"'NOW'::\1", sql) for sql in statements]


def asked(python: str, server: Server) -> tuple[str, str]:
    """Django's version, and a line of JSON for each migration."""
    with NamedTemporaryFile(suffix=".log") as log:
        project = _Project(python, server, Path(log.name))
        migrations = project.migrations()
        scripts = []
        for number, (app, name) in enumerate(migrations):
            before = [earlier for other, earlier in migrations[:number] if other == app]
            up = project.run(app, name)
            down = project.run(app, before[-1] if before else "zero")
            project.run(app, name)
            scripts.append((up, down))
        own = {path.name for path in CORPUS.iterdir() if (path / "migrations").is_dir()}
        lines = "".join(
            json.dumps({"app": app, "name": name, "up": forwards, "down": backwards}) + "\n"
            for (app, name), (forwards, backwards) in zip(migrations, scripts, strict=True)
            if app in own
        )
        return project.version(), lines


def main(arguments: list[str]) -> int:
    differ = False
    with Server() as server:
        for python in arguments:
            if python.startswith("--"):
                continue
            version, now = asked(python, server)
            file = RECORDED / f"{version}.jsonl"
            if "--check" not in arguments:
                RECORDED.mkdir(exist_ok=True)
                file.write_text(now, encoding="utf-8")
            elif now != file.read_text(encoding="utf-8"):
                print(f"{file.name}: Django says something else now")
                differ = True
    return int(differ)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
