"""Functions that a query calls for their effect: sequences, settings, and code of the team's own."""

from __future__ import annotations

from collections.abc import Iterator

from migration_lint.effects import Effect, SetSetting
from migration_lint.engines.postgres import functions
from migration_lint.engines.postgres.code import run_code
from migration_lint.engines.postgres.locks import Mode
from migration_lint.engines.postgres.nodes import Node, body, constant, is_null, names, tag, walk
from migration_lint.engines.postgres.prediction import lock
from migration_lint.engines.postgres.scan import tokens
from migration_lint.engines.postgres.sequences import owned_by_column
from migration_lint.engines.postgres.situation import Situation

_ON_SEQUENCES = ("nextval", "currval", "setval")
AGGREGATES = frozenset(
    """
    any_value array_agg avg bit_and bit_or bit_xor bool_and bool_or corr count covar_pop covar_samp
    every grouping json_agg json_agg_strict json_object_agg json_object_agg_strict
    json_object_agg_unique jsonb_agg jsonb_agg_strict jsonb_object_agg jsonb_object_agg_strict
    jsonb_object_agg_unique max min mode percentile_cont percentile_disc range_agg
    range_intersect_agg regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx
    regr_sxy regr_syy stddev stddev_pop stddev_samp string_agg sum var_pop var_samp variance xmlagg
    """.split()
)
"""The server's aggregates, which `functions` leaves out."""


def called(statement: object, at: Situation, *, alone: bool = False) -> Iterator[Effect]:
    """The effects of the functions that a tree calls.

    `alone`: a SELECT without FROM, which is there for what its functions do, known or not.
    """
    for kind, fields in walk(statement):
        if kind != "FuncCall":
            continue
        parts = names(fields.get("funcname"))
        name = parts[-1] if parts else ""
        args = fields.get("args") or []
        own = at.routine(parts)
        if own is not None:
            if own.volatility == "volatile" and not own.constant and own.language != "internal":
                yield run_code("function", own.name)
        elif name in _ON_SEQUENCES and args:
            sequence = sequence_of(args[0], at)
            if sequence is not None:
                yield lock(sequence, Mode.RowExclusiveLock)
        elif name == "set_config" and len(args) == 3:
            yield from _setting(args, at)
        elif alone and parts[:1] != ["pg_catalog"] and not _is_servers(name):
            yield run_code("function", ".".join(parts), certain=False)


def _is_servers(name: str) -> bool:
    return functions.volatility(name) is not None or name in AGGREGATES


def _setting(args: list[Node], at: Situation) -> Iterator[Effect]:
    name, value, local = constant(args[0]), constant(args[1]), constant(args[2]) is True
    if isinstance(name, str) and (value is not None or is_null(args[1])):
        yield SetSetting(
            relation=name.lower(),
            value=None if value is None else str(value),
            local=local,
            effective=not local or at.in_transaction,
        )


def sequence_of(node: Node, at: Situation) -> str | None:
    """The sequence that an argument names: a text, a regclass, ``pg_get_serial_sequence(…)``."""
    while tag(node) == "TypeCast":
        node = body(node).get("arg") or {}
    if tag(node) == "FuncCall" and names(body(node).get("funcname"))[-1:] == ["pg_get_serial_sequence"]:
        table, column = ([constant(arg) for arg in body(node).get("args") or ()] + [None, None])[:2]
        if not isinstance(table, str) or not isinstance(column, str):
            return None
        return owned_by_column(at.qualified(name_parts(table)), column, at.catalog)
    text = constant(node)
    return at.qualified(name_parts(text)) if isinstance(text, str) and text else None


def name_parts(text: str) -> list[str]:
    """The parts of a name in a text, as ``regclass`` reads it: folded unless quoted."""
    words = [text[start:end] for start, end in tokens(text)]
    return [
        word[1:-1].replace('""', '"') if word.startswith('"') else word.lower()
        for word in words
        if word != "."
    ]
