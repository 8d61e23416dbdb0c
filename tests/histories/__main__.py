"""``python -m tests.histories [FOLDER…]``: where a server and the engine differ on whole histories.

A FOLDER is a name in ``fixtures/histories`` or a path of your own; without one, all of ours.
"""

from __future__ import annotations

import sys
from pathlib import Path

from migration_lint.engines.postgres.engine import PostgresEngine
from migration_lint.rehearsal.server import Server
from migration_lint.sources import load

from ..rehearsal.whole import rehearse

FIXTURES = Path(__file__).parents[2] / "fixtures" / "histories"


def main() -> int:
    """Print the differences; 1 where there are any."""
    named = [Path(name) if Path(name).exists() else FIXTURES / name for name in sys.argv[1:]]
    differing = 0
    with Server() as server:
        for folder in named or sorted(FIXTURES.iterdir()):
            for history in load([str(folder)]):
                database = server.create()
                for rehearsed in rehearse(database, PostgresEngine(server.version), history):
                    told = [str(difference) for difference in rehearsed.differences]
                    if rehearsed.observation.error is not None:
                        told = [f"refused: {rehearsed.observation.error}"]
                    if told:
                        span = rehearsed.step.span
                        print(f"{span.path}:{span.line} {rehearsed.step.sql[:300]}")
                        print("".join(f"    {text}\n" for text in told), end="")
                    differing += bool(told)
                database.drop()
    print(f"{differing} statements differ")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
