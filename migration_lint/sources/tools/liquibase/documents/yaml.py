"""YAML and JSON changelogs: nodes with their places, never objects; a tag makes nothing.

Liquibase reads JSON as YAML, too. A mapping's entries are children of its name; the items of a list are
children of the list's name, so that ``columns: [{column: …}]`` is ``columns`` with ``column`` in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from migration_lint.model import Document
from migration_lint.sources.tools.liquibase.documents import DEEPEST
from migration_lint.sources.tools.liquibase.documents.yaml_text import text_of
from migration_lint.sources.tools.liquibase.tree import Node, Text, UnreadableError

_STANDARD = "tag:yaml.org,2002:"
_KNOWN = frozenset(
    {"str", "int", "float", "bool", "null", "timestamp", "map", "seq", "merge", "binary", "value"}
)
_TRUE = frozenset({"true", "yes", "on"})


def parse_yaml(document: Document, *, json: bool) -> Node:
    """The node of the key ``databaseChangeLog``. Raises UnreadableError."""
    text = document.text
    if json:  # between the tokens of JSON, as YAML does not allow it; JSON has none inside of strings
        text = text.replace("\t", " ")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        composed = yaml.compose(text, Loader=loader)
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        line = mark.line + 1 if mark is not None else 1
        raise UnreadableError(line, f"not {'JSON' if json else 'YAML'}: {problem.problem}") from None
    except (yaml.YAMLError, UnicodeError, ValueError) as problem:
        reason = str(problem).splitlines()[0] if str(problem) else "it cannot be read"
        raise UnreadableError(1, f"not {'JSON' if json else 'YAML'}: {reason}") from None
    except RecursionError:
        raise UnreadableError(1, f"more than {DEEPEST} elements in one another") from None
    if not isinstance(composed, yaml.MappingNode):
        raise UnreadableError(1, "no databaseChangeLog is in it")
    tree = _Tree(document, text)
    for key, value in composed.value:
        if key.value == "databaseChangeLog":
            return tree.node("databaseChangeLog", key, value, 0)
    raise UnreadableError(1, "no databaseChangeLog is in it")


class _Tree:
    def __init__(self, document: Document, text: str) -> None:
        self._document = document
        self._source = text
        self._noted = "#" in text
        # Every node of the file has a character of its own: more are aliases of aliases of aliases.
        self._left = len(text) + 1000

    def node(self, name: str, key: Any, value: Any, depth: int) -> Node:
        self._left -= 1
        line = value.start_mark.line + 1
        if self._left < 0:
            raise UnreadableError(line, "its aliases make far more of it than is written")
        if depth > DEEPEST:
            raise UnreadableError(line, f"more than {DEEPEST} elements in one another")
        tag = value.tag.removeprefix(_STANDARD)
        if tag not in _KNOWN or (tag == value.tag and tag != "!"):
            raise UnreadableError(line, f"the YAML tag {value.tag} is not read; write the value without")
        start = key.start_mark.index
        if value.start_mark.index < start:  # an alias: what it stands for is where the anchor is
            start = value.start_mark.index
        end = max(self._end(value), start)
        if isinstance(value, yaml.ScalarNode):
            return Node(name, start, end, self._scalar(value, tag))
        notes = self._notes(key.start_mark)
        children: list[Node] = []
        text: Text | None = None
        if isinstance(value, yaml.MappingNode):
            children += self._entries(value, depth)
        else:
            for item in value.value:
                if isinstance(item, yaml.MappingNode):
                    children += self._entries(item, depth)
                else:
                    children.append(self.node(name, item, item, depth + 1))
            if len(children) == 1 and children[0].name == name and not children[0].children:
                text, children = children[0].text, []
        return Node(name, start, end, text, tuple(children), notes)

    def _notes(self, mark: Any) -> tuple[Text, ...]:
        """The comments on the lines above."""
        if not self._noted:
            return ()
        found: list[Text] = []
        below = mark.index - mark.column
        while below > 0:
            start = self._source.rfind("\n", 0, below - 1) + 1
            line = self._source[start : below - 1].rstrip("\r")
            text = line.lstrip()
            if not text.startswith("#"):
                break
            place = start + len(line) - len(text) + 1
            found.append(Text(text[1:], ((0, place, len(text) - 1),) if len(text) > 1 else ()))
            below = start
        return tuple(reversed(found))

    def _entries(self, mapping: Any, depth: int) -> Iterator[Node]:
        for key, value in mapping.value:
            if key.tag == _STANDARD + "merge" and isinstance(value, (yaml.MappingNode, yaml.SequenceNode)):
                yield from self.node("<<", value, value, depth + 1).children
            else:
                yield self.node(str(key.value), key, value, depth + 1)

    def _end(self, value: Any) -> int:
        """Where the node ends: the mark of a block's end is where the next one begins."""
        end = value.end_mark.index
        source = self._source
        while end > 0 and source[end - 1 : end].isspace():
            end -= 1
        return int(end)

    def _scalar(self, value: Any, tag: str) -> Text | None:
        if tag == "null":
            return None
        start, end = value.start_mark.index, value.end_mark.index
        if tag == "bool":
            truth = "true" if value.value.lower() in _TRUE else "false"
            return Text(truth, ((0, start, end - start),))
        return text_of(value.value, self._source, start, end, value.style)
