"""Record what Liquibase itself runs for the changelogs of ``corpus``.

``python -m tests.sources.liquibase.record LIB`` writes ``recorded/*.jsonl`` anew; with ``--check`` it only
says whether they are as Liquibase has it. LIB is the folder of Liquibase's jars: of
``npm pack liquibase@4.28.1``, it is ``package/dist/liquibase/internal/lib``. Java 17 or newer runs it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
CORPUS = HERE / "corpus"
RECORDED = HERE / "recorded"
CHANGELOGS = ("all.xml", "more.xml", "types.xml", "formatted.sql", "changes.yaml", "changes.json")
DATABASES = ("postgresql", "mysql", "mariadb")


def asked(lib: str, database: str) -> str:
    """A line of JSON for each changeSet of each changelog."""
    render = HERE / "oracle" / "Render.java"
    lines = ""
    for changelog in CHANGELOGS:
        command = ["java", "-cp", f"{lib}/*", str(render), f"offline:{database}", str(CORPUS), changelog]
        ended = subprocess.run(command, cwd=CORPUS, capture_output=True, text=True)
        if ended.returncode != 0:
            sys.exit(f"{changelog}: {ended.stderr[-2000:]}")
        lines += ended.stdout
        (CORPUS / "databasechangelog.csv").unlink(missing_ok=True)
    return lines


def main(arguments: list[str]) -> int:
    lib = next(argument for argument in arguments if not argument.startswith("--"))
    differ = False
    for database in DATABASES:
        file = RECORDED / f"{database}.jsonl"
        now = asked(lib, database)
        if "--check" not in arguments:
            RECORDED.mkdir(exist_ok=True)
            file.write_text(now, encoding="utf-8")
        elif now != file.read_text(encoding="utf-8"):
            print(f"{file.name}: Liquibase says something else now")
            differ = True
    return int(differ)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
