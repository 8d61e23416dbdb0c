"""Record the SQL that Django itself runs for the migrations of ``fixtures/projects/django``.

``python -m tests.sources.django.record PYTHON…`` writes ``recorded/VERSION.jsonl`` anew, one for each
interpreter, which has Django and psycopg; with ``--check`` it only says whether they are as Django has it.
The migrations are run on a PostgreSQL server one by one, each there and back again, and what Django's
schema editor logs is kept. (``sqlmigrate`` looks up names of constraints in a database on which the
migration has not run, so what it prints is not always what runs.)
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import NamedTemporaryFile

from migration_lint.rehearsal.server import Server

HERE = Path(__file__).parent
CORPUS = HERE.parents[2] / "fixtures" / "projects" / "django"
RECORDED = HERE / "recorded"
_NOW = re.compile(r"'[^']*'::(timestamptz|uuid)")
_DRIVER = """
import json, os, sys
import django
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

django.setup()
log = os.environ["CORPUS_LOG"]

def run(app, name):
    open(log, "w").close()
    call_command("migrate", app, name, verbosity=0)
    with open(log) as file:
        return [json.loads(line) for line in file]

call_command("migrate", "contenttypes", verbosity=0)
call_command("migrate", "auth", verbosity=0)
own = {config.label for config in apps.get_app_configs() if not config.name.startswith("django.")}
graph = MigrationLoader(connection).graph
plan = [node for leaf in sorted(graph.leaf_nodes()) for node in graph.forwards_plan(leaf)]
out = sys.stdout
for app, name in dict.fromkeys(node for node in plan if node[0] in own):
    parents = [parent.key for parent in graph.node_map[app, name].parents]
    before = [each for other, each in parents if other == app]
    up = run(app, name)
    down = run(app, before[-1] if before else "zero")
    run(app, name)
    print(json.dumps({"app": app, "name": name, "up": up, "down": down}), file=out)
print(".".join(map(str, django.VERSION[:2])))
"""
"""Runs in the other interpreter, for each migration there, back and there again."""


def asked(python: str, server: Server) -> tuple[str, str]:
    """Django's version, and a line of JSON for each migration; values of the moment are ``NOW``."""
    database = server.create()
    with database.connect() as connection, NamedTemporaryFile(suffix=".log") as log:
        environment = {
            **os.environ,
            "CORPUS_DATABASE": database.name,
            "CORPUS_HOST": connection.info.host,
            "CORPUS_PORT": str(connection.info.port),
            "CORPUS_LOG": log.name,
            "DJANGO_SETTINGS_MODULE": "settings",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        ended = subprocess.run(
            [python, "-c", _DRIVER], cwd=CORPUS, env=environment, capture_output=True, text=True
        )
    if ended.returncode != 0:
        sys.exit(f"{python}: {ended.stderr[-2000:]}")
    *lines, version = ended.stdout.splitlines()
    return version, "".join(f"{_NOW.sub(_plain, line)}\n" for line in lines)


def _plain(found: re.Match[str]) -> str:
    return f"'NOW'::{found[1]}"


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
