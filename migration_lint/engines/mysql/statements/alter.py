"""ALTER TABLE, CREATE INDEX and DROP INDEX: one plan for all clauses."""

from __future__ import annotations

from msgspec.structs import replace

from migration_lint.effects import Change, Effect, SetOptions, Unknown
from migration_lint.engines.mysql import syntax as s
from migration_lint.engines.mysql.changes import changes_of
from migration_lint.engines.mysql.facts import ROW_VERSIONS, option, session_facts, table_facts
from migration_lint.engines.mysql.foreign import altered
from migration_lint.engines.mysql.legality import refusal, unknown_syntax
from migration_lint.engines.mysql.online.clauses import needs_of
from migration_lint.engines.mysql.online.context import Context
from migration_lint.engines.mysql.online.need import COPY, INPLACE, Need, Plan, Work, uses_row_version
from migration_lint.engines.mysql.online.partitions import takes_algorithm
from migration_lint.engines.mysql.online.verdict import Asked, Judged, judged
from migration_lint.engines.mysql.prediction import Prediction, plan_lock, work_of
from migration_lint.engines.mysql.situation import Situation
from migration_lint.model import TransactionRule
from migration_lint.schema import Persistence, Relation

_DEFAULT = "DEFAULT"


def alter_table(at: Situation, statement: s.AlterTable) -> Prediction:
    """ALTER TABLE."""
    return _altered(at, statement.table, statement.clauses, online=statement.online, ignore=statement.ignore)


def create_index(at: Situation, statement: s.CreateIndex) -> Prediction:
    """CREATE INDEX is ALTER TABLE … ADD INDEX."""
    whole = s.Clause(0, len(at.sql), s.AddKey(statement.key))
    if statement.or_replace and statement.key.name is not None:
        name = at.relation_name(statement.table)
        if at.index(name, statement.key.name) is not None:
            gone = s.Clause(0, len(at.sql), s.Drop("index", statement.key.name))
            return _altered(at, statement.table, (gone, whole, *statement.clauses))
    return _altered(at, statement.table, (whole, *statement.clauses))


def drop_index(at: Situation, statement: s.DropIndex) -> Prediction:
    """DROP INDEX … ON is ALTER TABLE … DROP INDEX."""
    kind = "primary key" if statement.name.upper() == "PRIMARY" else "index"
    whole = s.Clause(0, len(at.sql), s.Drop(kind, statement.name, statement.if_exists))
    return _altered(at, statement.table, (whole, *statement.clauses))


def _altered(
    at: Situation,
    named: s.TableName,
    clauses: tuple[s.Clause, ...],
    *,
    online: bool = False,
    ignore: bool = False,
) -> Prediction:
    name = at.relation_name(named)
    table = at.relation(name)
    actions = tuple(clause.action for clause in clauses)
    context = Context(
        at.server,
        at.catalog,
        table,
        table_facts(
            at.catalog, table, _dropped(actions, "index"), _added(actions), _dropped(actions, "column")
        ),
        session_facts(at.session, at.server),
        actions,
        filled=not _is_empty(at, table),
    )
    changes, unknown = _changes(at, name, clauses)
    needs = [need for action in actions for need in needs_of(context, action)]
    if ignore:
        needs.append(Need(False, Work.COPY, offline=True, why="ALTER IGNORE TABLE drops rows"))
    found = _judged(at, context, needs, actions, online=online)
    plan = found.plan
    refused = unknown_syntax(at.server, actions) or found.refused or refusal(at, table, actions)
    effects: list[Effect] = [*changes, *unknown, plan_lock(name, plan, found.best)]
    effects += altered(at, name, changes, copies=plan.algorithm == COPY)
    effects += work_of(name, plan, needs)
    if refused is None:
        effects += _row_versions(at, name, table, plan, needs)
    places = tuple((clause.start, clause.end) for clause in clauses)
    temporary = table is not None and table.persistence is Persistence.TEMPORARY
    rule = TransactionRule.ALLOWED if temporary else TransactionRule.IMPLICIT_COMMIT
    return Prediction(tuple(effects), rule, refused, places)


def _changes(at: Situation, name: str, clauses: tuple[s.Clause, ...]) -> tuple[list[Change], list[Effect]]:
    """The changes clause by clause, as each finds the table, and the clauses that are not understood."""
    found: list[Change] = []
    unknown: list[Effect] = []
    current, now = name, at
    for number, clause in enumerate(clauses):
        action = clause.action
        if isinstance(action, s.UnknownClause):
            reason = f"the clause {' '.join(action.text.split())[:60]!r} of ALTER TABLE"
            unknown.append(Unknown(reason=reason, clause=number))
            continue
        for change in list(changes_of(now, current, now.relation(current), action)):
            found.append(replace(change, clause=number))
            now = now.after([change])
        if isinstance(action, s.RenameTo):
            current = at.new_name(action.table)
    return found, unknown


def _judged(
    at: Situation, context: Context, needs: list[Need], actions: tuple[s.Action, ...], *, online: bool
) -> Judged:
    asked = _asked(at, actions, online=online)
    partition = next(
        (
            action
            for action in actions
            if isinstance(action, (s.PartitionBy, s.AddPartition, s.PartitionWork, s.ExchangePartition))
        ),
        None,
    )
    if partition is None or takes_algorithm(at.server, partition):
        return judged(at.server, context.table, needs, asked)
    found = judged(at.server, context.table, needs, Asked())
    plan = found.plan
    lock = "EXCLUSIVE" if all(need.rename for need in needs) else plan.lock
    return Judged(Plan(_letters(plan), lock, plan.work, plan.certain, plan.why), found.refused)


def _letters(plan: Plan) -> str | None:
    """Partition clauses without ALGORITHM are still carried out in place or by a copy."""
    return COPY if plan.algorithm == COPY else INPLACE


def _asked(at: Situation, actions: tuple[s.Action, ...], *, online: bool) -> Asked:
    algorithm: str | None = None
    lock = "NONE" if online else None
    for action in actions:
        if isinstance(action, s.Algorithm):
            algorithm = None if action.name == _DEFAULT else action.name
        elif isinstance(action, s.LockLevel):
            lock = None if action.name == _DEFAULT else action.name
    if algorithm is None and at.server.mariadb and not at.server.mariadb_from(11, 5):
        said = dict(at.session.settings).get("alter_algorithm", "").upper()
        algorithm = said if said in ("INSTANT", "NOCOPY", "INPLACE", "COPY") else None
    return Asked(algorithm, lock)


def _dropped(actions: tuple[s.Action, ...], kind: str) -> frozenset[str]:
    return frozenset(one.name for one in actions if isinstance(one, s.Drop) and one.kind == kind)


def _added(actions: tuple[s.Action, ...]) -> tuple[str, ...]:
    return tuple(one.key.kind for one in actions if isinstance(one, s.AddKey))


def _is_empty(at: Situation, table: Relation | None) -> bool:
    """Whether this migration made the table, and put no row into it."""
    made = table.origin.migration if table is not None and table.origin is not None else None
    return table is not None and not table.filled and made is not None and made == at.unit


def _row_versions(
    at: Situation, name: str, table: Relation | None, plan: Plan, needs: list[Need]
) -> list[Effect]:
    """The catalog counts instantly added and dropped columns; a rebuild starts the count anew."""
    used = int(option(table, ROW_VERSIONS, "0"))
    if uses_row_version(at.server, plan, needs):
        used += 1
    elif plan.work in (Work.REBUILD, Work.COPY) and used:
        used = 0
    else:
        return []
    return [SetOptions(relation=name, options=((ROW_VERSIONS, str(used)),))] if table is not None else []
