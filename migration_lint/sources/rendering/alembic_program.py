"""Renders revisions with the Alembic that a project has installed. Run by the project's own Python.

It stands alone: Alembic, SQLAlchemy and the standard library are all that there is. The project's ``env.py``
runs as for ``alembic upgrade --sql``: offline, with no database.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

REQUEST: dict[str, Any] = json.loads(sys.argv[1])


class Watch:
    """The revision that runs, and its statements."""

    path: str | None = None
    statements: list[dict[str, Any]] = []
    outside = False
    place: list[int | None] | None = None
    """That of the call of a batch, whose statements come later."""


def place_of_caller() -> list[int | None] | None:
    """[line, column, end line, end column] of the innermost call in the revision's file; columns in bytes."""
    frame: Any = sys._getframe(2)
    while frame is not None:
        if frame.f_code.co_filename == Watch.path:
            return position(frame)
        frame = frame.f_back
    return None


def position(frame: Any) -> list[int | None]:
    """Where a frame is: from Python 3.11 on with columns, before that the line."""
    if hasattr(frame.f_code, "co_positions"):
        spot = list(frame.f_code.co_positions())[frame.f_lasti // 2]
        return [spot[0], spot[2], spot[1], spot[3]]
    return [frame.f_lineno, None, None, None]


def watch_statements() -> None:
    """Note each statement that a revision writes, and where."""
    from alembic.ddl.impl import DefaultImpl
    from alembic.operations import batch

    def written(self: Any, text: str) -> None:
        if Watch.path is None:
            return
        sql = text.strip()
        word = sql.rstrip(";").strip().upper()
        if word.startswith("BEGIN") or word == "COMMIT":
            Watch.outside = word == "COMMIT"
        elif sql and not is_comment(sql):
            place = Watch.place or place_of_caller()
            Watch.statements.append({"sql": sql, "place": place, "outside": Watch.outside})

    DefaultImpl.static_output = written  # type: ignore[method-assign]
    make: Any = batch.BatchOperationsImpl.__init__

    def made(self: Any, *args: Any, **keywords: Any) -> None:
        make(self, *args, **keywords)
        self.batch = Batched()

    batch.BatchOperationsImpl.__init__ = made  # type: ignore[method-assign]


def is_comment(sql: str) -> bool:
    """Whether there is nothing but comments of Alembic's own."""
    return all(line.lstrip().startswith("--") or not line.strip() for line in sql.splitlines())


class Batched(list[Any]):
    """The calls of ``batch_alter_table``, each with its place."""

    def __init__(self) -> None:
        super().__init__()
        self.places: list[Any] = []

    def append(self, call: Any) -> None:
        self.places.append(place_of_caller())
        super().append(call)

    def __iter__(self) -> Any:
        for call, place in zip(list.__iter__(self), self.places):
            Watch.place = place
            yield call
        Watch.place = None


def rendered(script: Any, config: Any, upwards: bool) -> dict[str, dict[str, Any]]:
    """What the revisions write in one direction, by id."""
    from alembic.runtime.environment import EnvironmentContext

    found: dict[str, dict[str, Any]] = {}

    def steps(rev: Any, context: Any) -> Any:
        if upwards:
            return [wrapped(each) for each in script._upgrade_revs("heads", None)]
        heads = tuple(script.get_heads())
        return [wrapped(each) for each in script._downgrade_revs("base", heads)]

    def wrapped(step: Any) -> Any:
        revision = step.revision
        run = step.migration_fn

        def watched(**keywords: Any) -> None:
            # With several databases, env.py runs a revision for each of them.
            made = found.setdefault(revision.revision, {"statements": []})
            Watch.path, Watch.statements, Watch.outside = revision.module.__file__, made["statements"], False
            try:
                run(**keywords)
            except Exception as problem:
                made["error"] = described(problem, revision.module.__file__)
            finally:
                Watch.path = Watch.place = None

        step.migration_fn = watched
        return step

    ends: dict[str, Any] = {"starting_rev": None, "destination_rev": "heads"}
    if not upwards:
        ends = {"starting_rev": tuple(script.get_heads()), "destination_rev": "base"}
    with EnvironmentContext(config, script, fn=steps, as_sql=True, **ends):
        script.run_env()
    return found


def render() -> dict[str, Any]:
    """Both directions of every revision, by id, and the dialect that ``env.py`` chose."""
    sys.path.insert(0, os.getcwd())
    import alembic
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    watch_statements()
    output = open(os.devnull, "w", encoding="utf-8")
    if REQUEST["configuration"].endswith(".toml"):
        config = Config(toml_file=REQUEST["configuration"], output_buffer=output)
    else:
        config = Config(REQUEST["configuration"] or None, output_buffer=output)
    if REQUEST["location"]:
        config.set_main_option("script_location", REQUEST["location"].replace("%", "%%"))
    script = ScriptDirectory.from_config(config)
    watch_dialect()
    return {
        "version": alembic.__version__,
        "up": rendered(script, config, upwards=True),
        "down": rendered(script, config, upwards=False),
        "dialects": sorted(DIALECTS),
    }


DIALECTS: set[str] = set()


def watch_dialect() -> None:
    """Note for which databases ``env.py`` writes."""
    from alembic.runtime.migration import MigrationContext

    make = MigrationContext.__init__

    def made(self: Any, dialect: Any, *args: Any, **keywords: Any) -> None:
        DIALECTS.add(dialect.name)
        make(self, dialect, *args, **keywords)

    MigrationContext.__init__ = made  # type: ignore[method-assign]


def described(problem: BaseException, path: str) -> dict[str, Any]:
    """The problem in one line, and the line of the file where it arose."""
    line, trace = 1, problem.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == path:
            line = trace.tb_lineno
        trace = trace.tb_next
    words = " ".join(str(problem).split())[:300]
    return {"line": line, "message": f"{type(problem).__name__}: {words}"}


if __name__ == "__main__":
    value = render()
    with open(REQUEST["answer"], "w", encoding="utf-8") as file:
        json.dump(value, file)
