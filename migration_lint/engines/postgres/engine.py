"""The PostgreSQL engine: folds over a script's statements and predicts what each does."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from migration_lint.catalog import Catalog
from migration_lint.effects import Effect, Impact, Unknown
from migration_lint.engines.engine import Outcome, error_at
from migration_lint.engines.merging import merged
from migration_lint.engines.postgres.parse import parse, with_opaque
from migration_lint.engines.postgres.prediction import Prediction
from migration_lint.engines.postgres.run import Run
from migration_lint.engines.postgres.situation import Situation
from migration_lint.engines.postgres.statements import handler_of
from migration_lint.engines.postgres.syntax import too_new
from migration_lint.model import Direction, Document, Script, Step, TransactionMode, TransactionRule
from migration_lint.names import split
from migration_lint.schema import RelationKind

DEFAULT_VERSION = "18"
"""The newest major version that is supported: assumed where none is given."""

VERSIONS = tuple(str(version) for version in range(10, 19))
"""Major versions; 10 and 11 by the facts of 12."""

_SYSTEM_SCHEMAS = ("pg_catalog", "information_schema", "pg_toast")


class PostgresEngine:
    """Predicts what a PostgreSQL server of one major version does."""

    name = "postgres"

    def __init__(self, version: str = DEFAULT_VERSION) -> None:
        self.version = version
        self._version = int(version)

    def run(
        self,
        script: Script,
        before: Catalog,
        *,
        migration: str,
        direction: Direction = Direction.UP,
        tool: str = "sql",
    ) -> Outcome:
        """Fold over the statements of a script.

        A statement that cannot be read is an `Error` of the outcome; the others are run.
        """
        parsed = parse(script.sql)
        errors = [error_at(script, problem.at, problem.message) for problem in parsed.problems]
        statements = with_opaque(parsed.statements, script.opaque)
        run = Run.start(before, script.transaction, migration, direction, len(statements))
        steps = []
        for statement in statements:
            run = run.before_statement(statement.tag)
            situation = Situation(
                self._version,
                run.catalog,
                run.session,
                statement,
                script.sql[statement.start : statement.end],
                run.origin,
                tool,
            )
            prediction, problem_found = _predict(situation)
            if problem_found is not None:
                errors.append(error_at(script, statement.start, problem_found))
            effects = _visible(merged(prediction.effects), run)
            refused = prediction.refused
            if prediction.transaction is TransactionRule.FORBIDDEN and run.session.transaction is not None:
                refused = refused or "it cannot run inside a transaction block"
            steps.append(
                Step(
                    migration=migration,
                    direction=direction,
                    script=script,
                    start=statement.start,
                    end=statement.end,
                    engine=self.name,
                    version=self.version,
                    before=run.catalog,
                    session=run.session,
                    effects=effects,
                    held=run.held,
                    transaction=prediction.transaction,
                    tool=tool,
                    refused=refused,
                )
            )
            if refused is None:
                run = run.after_statement(prediction.effects, effects)
        return Outcome(tuple(steps), run.catalog, tuple(errors))

    def read_schema(self, document: Document) -> Outcome:
        """The catalog that a schema dump (``pg_dump --schema-only``, ``structure.sql``) describes.

        What it makes was there before every migration, so it has no origin.
        """
        script = Script(document, document.text, TransactionMode.EACH)
        outcome = self.run(script, Catalog(complete=True), migration="")
        return replace(outcome, after=_in_use(outcome.after))


def _in_use(catalog: Catalog) -> Catalog:
    """The dumped schema as it is in use: materialized views are dumped WITH NO DATA, filled or not."""
    for relation in list(catalog.relations.values()):
        if relation.kind is RelationKind.MATERIALIZED_VIEW and not relation.populated:
            catalog = catalog.with_relation(replace(relation, populated=True))
    return catalog


def _predict(situation: Situation) -> tuple[Prediction, str | None]:
    handler = handler_of(situation.statement.tag)
    if handler is None:
        reason = f"a statement of a kind that is not known here ({situation.statement.tag})"
        return Prediction((Unknown(reason=reason),)), None
    try:
        prediction = handler(situation)
        if situation.session.added_enum_values:
            prediction = _with_new_values(prediction, situation)
        if prediction.refused is None:
            prediction = replace(prediction, refused=too_new(situation.tree, situation.version))
    except RecursionError:
        reason = "the statement is nested too deep to be read"
        return Prediction((Unknown(reason=reason, certain=False),)), reason
    return prediction, None


def _with_new_values(prediction: Prediction, situation: Situation) -> Prediction:
    """With the new enum values that the statement uses too early."""
    from migration_lint.engines.postgres.enums import used_values

    used = used_values(situation.node, situation)
    if not used:
        return prediction
    why = f'the value "{used[0].value}" of {used[0].relation} is new: it can be used after the commit'
    return replace(prediction, effects=(*used, *prediction.effects), refused=prediction.refused or why)


def _visible(effects: Iterable[Effect], run: Run) -> tuple[Effect, ...]:
    """Without impacts on what only this transaction can see, and on the server's own catalogs."""
    return tuple(
        effect
        for effect in effects
        if not isinstance(effect, Impact)
        or not (run.is_private(effect.relation) or split(effect.relation)[0] in _SYSTEM_SCHEMAS)
    )
