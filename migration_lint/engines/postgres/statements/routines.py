"""Functions and procedures, and the statements that run code which only the server sees."""

from __future__ import annotations

from msgspec.structs import replace

from migration_lint.effects import AlterRoutine, CreateRoutine, Effect, OtherChange
from migration_lint.engines.postgres.code import run_code, runs_statements
from migration_lint.engines.postgres.inlining import inlines_to_constant
from migration_lint.engines.postgres.nodes import Node, body, constant, name_list, names, options
from migration_lint.engines.postgres.prediction import Prediction
from migration_lint.engines.postgres.situation import Situation
from migration_lint.engines.postgres.sql_bodies import body_locks, body_statements, query_locks
from migration_lint.schema import Routine

_PROCEDURAL = ("plpgsql", "sql")
_OUTPUTS = ("FUNC_PARAM_OUT", "FUNC_PARAM_TABLE")


def create_function_stmt(at: Situation) -> Prediction:
    """CREATE FUNCTION or PROCEDURE. An SQL body is parsed at once, so what it names is locked."""
    node = at.node
    parts = names(node.get("funcname"))
    name = ".".join(parts[-2:]) if len(parts) > 1 else f"{at.creation_schema}.{parts[0]}"
    given = options(node.get("options"))
    language = (name_list(given.get("language")) or ["sql"])[0].lower()
    text = (name_list(given.get("as")) or [""])[0]
    statements = body_statements(node, text) if language == "sql" else []
    inputs = [body(item) for item in node.get("parameters") or () if body(item).get("mode") not in _OUTPUTS]
    routine = Routine(
        name,
        len(inputs),
        str(constant(given.get("volatility")) or "volatile"),
        language,
        constant=inlines_to_constant(node, given, statements, at.routine),
        runs_statements=language not in _PROCEDURAL or runs_statements(text),
    )
    change = CreateRoutine(
        relation=name,
        routine=routine,
        replace=bool(node.get("replace", False)),
        security_definer=constant(given.get("security")) is True,
        settings=tuple(_settings(node)),
        body=text or (at.sql if "sql_body" in node else ""),
    )
    return Prediction((change, *body_locks(node, inputs, statements, at)))


def program(at: Situation) -> Prediction:
    """A program of the migration tool's language, which a comment names: it runs SQL of its own."""
    return Prediction((run_code("program", ""),))


def _settings(node: Node) -> list[str]:
    return [
        str(body(body(item).get("arg") or {}).get("name", ""))
        for item in node.get("options") or node.get("actions") or ()
        if body(item).get("defname") == "set"
    ]


def alter_function_stmt(at: Situation) -> Prediction:
    """ALTER FUNCTION: volatility, SET, SECURITY and the like."""
    func = at.node.get("func") or {}
    parts = names(func.get("objname"))
    known = at.routine(parts)
    name = known.name if known is not None else at.type_name(parts)
    given = options(at.node.get("actions"))
    volatility = constant(given.get("volatility"))
    if known is not None and volatility is not None:
        known = replace(known, volatility=str(volatility))
    return Prediction((AlterRoutine(relation=name, routine=known),))


def do_stmt(at: Situation) -> Prediction:
    """DO: its SQL is the server's alone; what its words tell is told."""
    text = (name_list(options(at.node.get("args")).get("as")) or [""])[0]
    return Prediction((run_code("do", "", text),))


def call_stmt(at: Situation) -> Prediction:
    """CALL of a procedure."""
    parts = names((at.node.get("funccall") or {}).get("funcname"))
    known = at.routine(parts)
    return Prediction((run_code("call", known.name if known is not None else ".".join(parts)),))


def prepare_stmt(at: Situation) -> Prediction:
    """PREPARE parses the query, which locks what it names, and runs nothing."""
    query = at.node.get("query") or {}
    found: list[Effect] = [OtherChange(relation=at.node.get("name", ""), what="prepare")]
    return Prediction((*found, *query_locks(query, at)))


def execute_stmt(at: Situation) -> Prediction:
    """EXECUTE of a prepared statement, whose text may come from anywhere."""
    return Prediction((run_code("execute", at.node.get("name", "")),))


def deallocate_stmt(at: Situation) -> Prediction:
    """DEALLOCATE."""
    return Prediction((OtherChange(relation=at.node.get("name", "all"), what="deallocate"),))
