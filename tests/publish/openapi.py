"""What GitHub's own description of its API says of requests.

``github-openapi.json`` is cut from ``generated/api.github.com.json`` of npm's ``@octokit/openapi`` 23.0.2
(MIT), with ``python -m tests.publish.openapi FILE``.
"""

from __future__ import annotations

import json
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator  # type: ignore[import-untyped]  # it ships no types

FILE = Path(__file__).with_name("github-openapi.json")
_OPERATIONS = """
get /user
get /repos/{owner}/{repo}/pulls
get /repos/{owner}/{repo}/pulls/{pull_number}
get /repos/{owner}/{repo}/pulls/{pull_number}/files
get /repos/{owner}/{repo}/pulls/{pull_number}/comments
post /repos/{owner}/{repo}/pulls/{pull_number}/comments
post /repos/{owner}/{repo}/pulls/{pull_number}/reviews
patch /repos/{owner}/{repo}/pulls/comments/{comment_id}
delete /repos/{owner}/{repo}/pulls/comments/{comment_id}
get /repos/{owner}/{repo}/issues/{issue_number}/comments
post /repos/{owner}/{repo}/issues/{issue_number}/comments
patch /repos/{owner}/{repo}/issues/comments/{comment_id}
delete /repos/{owner}/{repo}/issues/comments/{comment_id}
post /repos/{owner}/{repo}/check-runs
get /repos/{owner}/{repo}/check-runs/{check_run_id}
patch /repos/{owner}/{repo}/check-runs/{check_run_id}
get /repos/{owner}/{repo}/commits/{ref}/check-runs
""".split("\n")[1:-1]
_WORDS = ("description", "summary", "example", "examples", "externalDocs", "x-github", "deprecated")


def complaints(method: str, path: str, query: dict[str, str], body: object) -> list[str]:
    """What is wrong with a request, by the description; unknown operations and names are wrong too."""
    operation = _operation(method.lower(), path)
    if operation is None:
        return [f"{method} {path} is no operation"]
    parameters = {item["name"]: item["schema"] for item in operation["parameters"] if item["in"] == "query"}
    found = [f"unknown query parameter {name}" for name in query if name not in parameters]
    for name, value in query.items():
        schema = parameters.get(name, {})
        typed = int(value) if schema.get("type") == "integer" and value.isdigit() else value
        found += _errors(schema, typed)
    if "body" in operation:
        return found + _errors(operation["body"], body) + _unknown(operation["body"], body)
    return found + (["a body"] if body is not None else [])


@cache
def _operations() -> list[tuple[str, re.Pattern[str], dict[str, Any]]]:
    return [
        (item["method"], re.compile(re.sub(r"\{\w+\}", "[^/]+", item["path"])), item)
        for item in json.loads(FILE.read_text())
    ]


def _operation(method: str, path: str) -> dict[str, Any] | None:
    return next((item for name, at, item in _operations() if name == method and at.fullmatch(path)), None)


def _errors(schema: dict[str, Any], value: object) -> list[str]:
    return [error.message for error in Draft7Validator(schema).iter_errors(value)]


def _unknown(schema: dict[str, Any], value: object) -> list[str]:
    """Names that the description does not have: GitHub would pass over them."""
    if isinstance(value, list):
        return [found for item in value for found in _unknown(schema.get("items", {}), item)]
    if not isinstance(value, dict) or "properties" not in schema:
        return []
    found = [f"unknown {name}" for name in value if name not in schema["properties"]]
    for name, item in value.items():
        found += _unknown(schema["properties"].get(name, {}), item)
    return found


def cut(whole: dict[str, Any]) -> list[dict[str, Any]]:
    """The operations that we call, with what they take."""
    made = []
    for line in _OPERATIONS:
        method, path = line.split(" ")
        operation = _plain(whole["paths"][path][method], whole)
        item = {"method": method, "path": path, "parameters": operation.get("parameters", [])}
        if "requestBody" in operation:
            item["body"] = operation["requestBody"]["content"]["application/json"]["schema"]
        made.append(item)
    return made


def _plain(value: Any, whole: dict[str, Any]) -> Any:
    """Without references, prose and answers; OpenAPI 3.0's `nullable` as JSON Schema says it."""
    if isinstance(value, list):
        return [_plain(item, whole) for item in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        found: Any = whole
        for part in value["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return _plain(found, whole)
    made = {
        key: _plain(item, whole)
        for key, item in value.items()
        if key != "responses" and not (key.startswith(_WORDS) and not isinstance(item, dict))
        if key not in ("examples", "externalDocs", "x-github")
    }
    if made.pop("nullable", False) is True and isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
    return made


if __name__ == "__main__":
    described = json.loads(Path(sys.argv[1]).read_text())
    FILE.write_text(json.dumps(cut(described), indent=1) + "\n")
