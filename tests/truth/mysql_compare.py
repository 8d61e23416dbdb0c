"""Prediction against observation, for one case of the table of online DDL on one version."""

from __future__ import annotations

from migration_lint.catalog import Catalog
from migration_lint.effects import IndexBuild, Lock, Rewrite, Unknown
from migration_lint.engines.mysql.engine import MysqlEngine
from migration_lint.engines.mysql.server import server_of
from migration_lint.model import Document, Script, Step, TransactionMode

from .mysql_cases import Case, Observed


def step_of(case: Case, flavour: str, version: str) -> Step:
    """The statement of a case as the engine predicts it."""
    server = server_of(flavour, version)
    assert server is not None
    engine = MysqlEngine(server)
    before = Catalog(complete=True)
    given = "".join(f"{sql};\n" for sql in case.create)
    outcome = engine.run(_script(given), before, migration="given")
    unknown = [effect.reason for step in outcome.steps for effect in step.each(Unknown)]
    assert not outcome.errors and not unknown, unknown
    sql = "".join(f"{sql};\n" for sql in (*case.session, case.sql))
    done = engine.run(_script(sql), outcome.after, migration="case")
    assert not done.errors
    return done.steps[-1]


def _script(sql: str) -> Script:
    return Script(Document("case.sql", sql), sql, TransactionMode.EACH)


def differences(case: Case, observed: Observed, step: Step) -> list[str]:
    """Where the prediction is not what the server did, as ``field: predicted, not observed``."""
    if observed.code == "n/a":
        refused = step.refused is not None and "error 1064" in step.refused
        return [] if refused else [f"refused: {step.refused}, not a syntax error"]
    if observed.code.startswith("err "):
        number = observed.code.removeprefix("err ")
        refused = step.refused is not None and step.refused.startswith(f"error {number}:")
        return [] if refused else [f"refused: {step.refused}, not {observed.code}"]
    found = [] if step.refused is None else [f"refused: {step.refused}, not accepted"]
    lock = next(lock for lock in step.each(Lock) if lock.relation == "t")
    rewrites = any(change.relation == "t" for change in step.each(Rewrite))
    builds = any(build.relation == "t" for build in step.each(IndexBuild))
    pairs: list[tuple[str, object, object]] = []
    if observed.algorithm is not None and observed.lock is not None:
        pairs += [
            ("algorithm", lock.algorithm, observed.algorithm),
            ("lock", lock.lock, observed.lock.partition(" ")[0]),
            ("permits_dml", not lock.mode.blocks_writes, observed.permits_dml),
            ("builds_index", builds, observed.builds_index),
        ]
        if (
            lock.algorithm != "COPY"
        ):  # whether a temporary table is another one after a copy is not to be seen
            pairs.append(("rebuilds_table", rewrites, observed.rebuilds_table))
        else:
            pairs.append(("copies", rewrites, observed.default_copies_rows))
    elif observed.code in ("R?", "C?") and "CHECK" not in case.sql:
        pairs.append(("rebuilds_table", rewrites, observed.default_rebuilds))
    return found + [f"{name}: {mine}, not {theirs}" for name, mine, theirs in pairs if mine != theirs]
