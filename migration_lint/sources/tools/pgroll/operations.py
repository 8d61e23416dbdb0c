"""The operations of a pgroll migration: the SQL of those called `sql`, and the names of the others."""

from __future__ import annotations

from collections.abc import Sequence

import yaml

from migration_lint.model import Document, Error, Script, TransactionMode
from migration_lint.sources.derived import Derived, Pieces, script
from migration_lint.sources.scripts import error_at
from migration_lint.sources.sql_files import Built

_LARGEST = 1_000_000
_TIMEOUT = "SET lock_timeout = '500ms'"


def built(document: Document) -> Built:
    """The scripts of a migration."""
    if len(document.text) > _LARGEST:
        why = f"larger than {_LARGEST:,} characters: not read"
        return Built(None, gaps=(Error(document.path, 1, why),))
    try:
        root = yaml.compose(document.text, yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as problem:
        mark = getattr(problem, "problem_mark", None)
        why = f"not YAML: {getattr(problem, 'problem', None) or 'nested too deep'}"
        return Built(None, gaps=(Error(document.path, mark.line + 1 if mark else 1, why),))
    operations = _pairs(root).get("operations")
    if not isinstance(operations, yaml.SequenceNode):
        why = "no list of operations: pgroll does not run it"
        return Built(None, gaps=(Error(document.path, 1, why),))
    ups: list[Derived] = []
    downs: list[Derived] = []
    unread: list[tuple[int, str]] = []
    for operation in operations.value:
        for name, node in _pairs(operation).items():
            parts = _pairs(node) if name == "sql" else {}
            up, down = parts.get("up"), parts.get("down")
            if isinstance(up, yaml.ScalarNode):
                ups.append(_derived(document, up))
                downs[:0] = [_derived(document, down)] if isinstance(down, yaml.ScalarNode) else []
            else:
                unread.append((operation.start_mark.index, f"`{name}`"))
    gaps: tuple[Error, ...] = ()
    if unread:
        names = ", ".join(dict.fromkeys(name for _, name in unread))
        why = f"not read: {names}. What it runs, by expand and contract, is pgroll's own"
        gaps = (error_at(document, unread[0][0], why),)
    return Built(_script(document, ups), _script(document, downs) if downs else None, gaps=gaps)


def _pairs(node: yaml.Node | None) -> dict[str, yaml.Node]:
    """The values of a mapping by their keys; nothing of what is none."""
    if not isinstance(node, yaml.MappingNode):
        return {}
    return {str(key.value): value for key, value in node.value if isinstance(key, yaml.ScalarNode)}


def _derived(document: Document, node: yaml.ScalarNode) -> Derived:
    start, end = node.start_mark.index, node.end_mark.index
    value = str(node.value)
    return Derived(value, start, end, _pieces(document.text, start, end, value))


def _pieces(text: str, start: int, end: int, value: str) -> Pieces:
    """Line by line where the lines stand as they are; nothing where one does not."""
    pieces: list[tuple[int, int, int]] = []
    size, at = 0, start
    for line in value.splitlines(keepends=True):
        place = text.find(line.rstrip("\n"), at, end)
        if place < 0:
            return ()
        pieces.append((size, place, len(line)))
        size += len(line)
        at = place + len(line.rstrip("\n"))
    return tuple(pieces)


def _script(document: Document, statements: Sequence[Derived]) -> Script:
    if not statements:
        return script(document, (), (), TransactionMode.EACH)
    begin = statements[0].start
    return script(document, (Derived(_TIMEOUT, begin, begin), *statements), (), TransactionMode.EACH)
