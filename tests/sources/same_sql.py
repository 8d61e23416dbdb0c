"""Whether two scripts say the same to PostgreSQL, however they are written."""

from __future__ import annotations

import json
from typing import Any

from pglast.parser import parse_sql_json


def meaning(sql: str) -> list[Any]:
    """The statements' trees, without the places of their parts."""
    found = [_without_places(each["stmt"]) for each in json.loads(parse_sql_json(sql)).get("stmts", [])]
    assert isinstance(found, list)
    return found


def _without_places(node: Any) -> Any:
    if isinstance(node, dict):
        return {
            key: _without_places(value)
            for key, value in node.items()
            if key
            not in (
                "location",
                "stmt_location",
                "stmt_len",
                "name_location",
                "rexpr_list_start",
                "rexpr_list_end",
                "list_start",
                "list_end",
            )
        }
    return [_without_places(each) for each in node] if isinstance(node, list) else node
