"""Grammar that older servers do not have: libpg_query reads that of the newest.

Each fact is the first major version whose grammar (or parse analysis) takes it.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from migration_lint.engines.postgres.nodes import Node, body, names, walk


class New(Struct, frozen=True):
    """`what` is new in version `since`: nodes of the tag that pass the test."""

    since: int
    what: str
    test: Callable[[Node], bool]


def _is(subtype: str) -> Callable[[Node], bool]:
    return lambda node: node.get("subtype") == subtype


def _in_definition(subtype: str, *fields: str) -> Callable[[Node], bool]:
    """A clause of ALTER TABLE whose definition has one of the fields."""

    def test(node: Node) -> bool:
        definition = body(node.get("def") or {})
        return node.get("subtype") == subtype and any(definition.get(field) for field in fields)

    return test


def _word(subtype: str, word: str) -> Callable[[Node], bool]:
    return lambda node: node.get("subtype") == subtype and body(node.get("def") or {}).get("sval") == word


def _has(field: str) -> Callable[[Node], bool]:
    return lambda node: bool(node.get(field))


def _not_enforced(node: Node) -> bool:
    if node.get("contype") in ("CONSTR_ATTR_NOT_ENFORCED", "CONSTR_ATTR_ENFORCED"):
        return True
    checked = node.get("contype") in ("CONSTR_CHECK", "CONSTR_FOREIGN")
    return checked and bool(node.get("skip_validation")) and "is_enforced" not in node


def _option(field: str, *options: str) -> Callable[[Node], bool]:
    """An option in parentheses."""
    return lambda node: any(body(item).get("defname") in options for item in node.get(field) or ())


def _vacuums_only(node: Node) -> bool:
    relations = [body(item).get("relation") or {} for item in node.get("rels") or ()]
    return any(relation and not relation.get("inh") for relation in relations)


def _returns_old_or_new(node: Node) -> bool:
    return bool((node.get("returningClause") or {}).get("options"))


_VACUUM_OPTIONS = {
    "parallel": 13,
    "process_toast": 14,
    "process_main": 16,
    "skip_database_stats": 16,
    "only_database_stats": 16,
    "buffer_usage_limit": 16,
}
"""Options of VACUUM and ANALYZE by the version that brought them."""

_NEW: dict[str, tuple[New, ...]] = {
    "AlterTableCmd": (
        New(13, "DROP EXPRESSION", _is("AT_DropExpression")),
        New(14, "SET COMPRESSION", _is("AT_SetCompression")),
        New(14, "DETACH PARTITION … CONCURRENTLY", _in_definition("AT_DetachPartition", "concurrent")),
        New(14, "DETACH PARTITION … FINALIZE", _is("AT_DetachPartitionFinalize")),
        New(15, "SET ACCESS METHOD", _is("AT_SetAccessMethod")),
        New(16, "SET STORAGE DEFAULT", _word("AT_SetStorage", "default")),
        New(17, "SET EXPRESSION", _is("AT_SetExpression")),
        New(
            17,
            "SET STATISTICS DEFAULT",
            lambda node: node.get("subtype") == "AT_SetStatistics" and "def" not in node,
        ),
        New(
            17,
            "SET ACCESS METHOD DEFAULT",
            lambda node: node.get("subtype") == "AT_SetAccessMethod" and "name" not in node,
        ),
        New(
            18,
            "ALTER CONSTRAINT … ENFORCED or INHERIT",
            _in_definition("AT_AlterConstraint", "alterEnforceability", "alterInheritability"),
        ),
    ),
    "Constraint": (
        New(15, "NULLS NOT DISTINCT", _has("nulls_not_distinct")),
        New(15, "ON DELETE SET … (columns)", _has("fk_del_set_cols")),
        New(18, "WITHOUT OVERLAPS", _has("without_overlaps")),
        New(18, "PERIOD", _has("fk_with_period")),
        New(18, "NOT ENFORCED", _not_enforced),
        New(18, "a virtual generated column", lambda node: node.get("generated_kind") == "v"),
        New(
            18,
            "NOT NULL as a constraint of the table",
            lambda node: (
                node.get("contype") == "CONSTR_NOTNULL" and names(node.get("keys")) not in ([], ["value"])
            ),
        ),
    ),
    "ColumnDef": (
        New(14, "COMPRESSION", _has("compression")),
        New(16, "STORAGE", _has("storage_name")),
    ),
    "IndexStmt": (New(15, "NULLS NOT DISTINCT", _has("nulls_not_distinct")),),
    "AlterDomainStmt": (
        New(
            17,
            "NOT NULL as a constraint of a domain",
            lambda node: body(node.get("def") or {}).get("contype") == "CONSTR_NOTNULL",
        ),
    ),
    "RenameStmt": (
        New(
            13,
            "RENAME COLUMN of a view",
            lambda node: (
                node.get("renameType") == "OBJECT_COLUMN" and node.get("relationType") == "OBJECT_VIEW"
            ),
        ),
    ),
    "CreateFunctionStmt": (New(14, "a function's body without quotes", _has("sql_body")),),
    "CreateStatsStmt": (
        New(16, "CREATE STATISTICS without a name", lambda node: not node.get("defnames")),
        New(
            14,
            "CREATE STATISTICS of an expression",
            lambda node: any("expr" in body(item) for item in node.get("exprs") or ()),
        ),
    ),
    "PublicationObjSpec": (
        New(15, "a publication of schemas", lambda node: "SCHEMA" in str(node.get("pubobjtype"))),
        New(
            15,
            "a publication of some rows or columns",
            lambda node: any(key in (node.get("pubtable") or {}) for key in ("whereClause", "columns")),
        ),
    ),
    "MergeStmt": (
        New(15, "MERGE", lambda _: True),
        New(
            17,
            "RETURNING of MERGE",
            lambda node: bool(node.get("returningList") or node.get("returningClause")),
        ),
    ),
    "MergeWhenClause": (
        New(
            17,
            "WHEN NOT MATCHED BY SOURCE",
            lambda node: node.get("matchKind") == "MERGE_WHEN_NOT_MATCHED_BY_SOURCE",
        ),
    ),
    "AlterStatsStmt": (New(13, "SET STATISTICS of extended statistics", lambda _: True),),
    "AlterObjectDependsStmt": (New(13, "NO DEPENDS ON EXTENSION", _has("remove")),),
    "CreateSeqStmt": (
        New(15, "an unlogged sequence", lambda node: node["sequence"].get("relpersistence") == "u"),
    ),
    "CreateRangeStmt": (New(14, "multirange_type_name", _option("params", "multirange_type_name")),),
    "DropdbStmt": (New(13, "DROP DATABASE … WITH (FORCE)", _has("options")),),
    "VacuumStmt": (
        *(
            New(since, f"the option {name.upper()}", _option("options", name))
            for name, since in _VACUUM_OPTIONS.items()
        ),
        New(18, "ONLY in VACUUM and ANALYZE", _vacuums_only),
    ),
    "ExplainStmt": (
        New(13, "EXPLAIN (WAL)", _option("options", "wal")),
        New(16, "EXPLAIN (GENERIC_PLAN)", _option("options", "generic_plan")),
        New(17, "EXPLAIN (MEMORY or SERIALIZE)", _option("options", "memory", "serialize")),
    ),
    "ReindexStmt": (New(14, "REINDEX (TABLESPACE …)", _option("params", "tablespace")),),
    **{
        kind: (New(18, "RETURNING WITH (OLD or NEW …)", _returns_old_or_new),)
        for kind in ("InsertStmt", "UpdateStmt", "DeleteStmt")
    },
    "JsonTable": (New(17, "JSON_TABLE", lambda _: True),),
    "JsonFuncExpr": (New(17, "JSON_EXISTS, JSON_QUERY and JSON_VALUE", lambda _: True),),
}
_NEWEST = max(new.since for news in _NEW.values() for new in news)


def too_new(statement: Node, version: int) -> str | None:
    """What of the statement's tagged node the server's version does not know yet."""
    if version >= _NEWEST:
        return None
    for kind, fields in walk(statement):
        for new in _NEW.get(kind, ()):
            if version < new.since and new.test(fields):
                return f"{new.what} is new in PostgreSQL {new.since}"
    return None
