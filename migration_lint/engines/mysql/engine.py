"""The MySQL and MariaDB engine: folds over a script's statements and predicts what each does."""

from __future__ import annotations

from migration_lint.catalog import Catalog
from migration_lint.effects import Unknown
from migration_lint.engines.engine import Outcome, error_at
from migration_lint.engines.merging import merged
from migration_lint.engines.mysql.grammar.statements import parse
from migration_lint.engines.mysql.prediction import Prediction
from migration_lint.engines.mysql.run import Run
from migration_lint.engines.mysql.server import Server
from migration_lint.engines.mysql.situation import Situation
from migration_lint.engines.mysql.splitting import split
from migration_lint.engines.mysql.statements import predict
from migration_lint.model import Direction, Document, Script, Step, TransactionMode


class MysqlEngine:
    """Predicts what a server of one flavour and version does."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.name = server.flavour
        self.version = ".".join(map(str, server.version))

    def run(
        self,
        script: Script,
        before: Catalog,
        *,
        migration: str,
        direction: Direction = Direction.UP,
        tool: str = "sql",
    ) -> Outcome:
        """Fold over the statements of a script. One that cannot be read is an error; the rest is run."""
        pieces, unclosed = split(script.sql, self.server)
        errors = [error_at(script, one.at, f"{one.what} opens here that nothing closes") for one in unclosed]
        run = Run.start(before, script.transaction, migration, direction)
        steps = []
        for piece in pieces:
            run = run.before_statement()
            at = Situation(self.server, run.catalog, run.session, piece.sql, run.origin, run.unit)
            prediction = _predicted(at, parse(piece))
            steps.append(
                Step(
                    migration=migration,
                    direction=direction,
                    script=script,
                    start=piece.start,
                    end=piece.end,
                    engine=self.name,
                    version=self.version,
                    before=run.catalog,
                    session=run.session,
                    effects=merged(prediction.effects),
                    held=run.all_held,
                    transaction=prediction.transaction,
                    tool=tool,
                    refused=prediction.refused,
                    clauses=prediction.clauses,
                )
            )
            run = run.after_statement(prediction.effects, prediction.transaction)
        return Outcome(tuple(steps), run.catalog, tuple(errors))

    def read_schema(self, document: Document) -> Outcome:
        """The catalog that a schema dump (``mysqldump --no-data``) describes.

        What it makes was there before every migration, so it has no origin.
        """
        script = Script(document, document.text, TransactionMode.EACH)
        return self.run(script, Catalog(complete=True), migration="")


def _predicted(at: Situation, statement: object) -> Prediction:
    try:
        return predict(at, statement)  # type: ignore[arg-type]
    except RecursionError:
        return Prediction((Unknown(reason="the statement is nested too deep to be read", certain=False),))
