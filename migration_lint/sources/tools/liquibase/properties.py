"""``${name}`` in a changelog: what it stands for, and the text with it put in.

https://docs.liquibase.com/concepts/changelogs/property-substitution.html. What the user passes to a run
wins; then the first global definition that is for this run, then local ones, the nearest file's last
first. What has no value stays as it is written, so it is reported. System properties and environment
variables are not read: a change under review could print a secret by way of one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from migration_lint.sources.tools.liquibase.tree import Node, Text, joined

_EXPRESSION = re.compile(r"\$\{([^{}]*)\}")
_NAME = re.compile(r"[\w.:-]+\Z")
# What a run knows of its database, with a value that any run could have.
_BUILT_IN = {
    "database.autoincrementclause": "",
    "database.currentdatetimefunction": "NOW()",
    "database.databasechangeloglocktablename": "databasechangeloglock",
    "database.databasechangelogtablename": "databasechangelog",
    "database.defaultcatalogname": "postgres",
    "database.defaultschemaname": "public",
    "database.liquibasecatalogname": "postgres",
    "database.liquibaseschemaname": "public",
    "database.schemaname": "public",
}


class Properties(Struct):
    """The values in force in one changelog file. Names are in lower case."""

    given: Mapping[str, str] = {}
    shared: dict[str, str] = field(default_factory=dict)
    """The global ones, of every file."""
    local: dict[str, str] = field(default_factory=dict)
    outer: Properties | None = None

    def inner(self) -> Properties:
        """Those of a file that this one includes."""
        return Properties(self.given, self.shared, {}, self)

    def define(self, name: str, value: str, *, shared: bool) -> None:
        """Take up a definition that is for this run."""
        if shared:
            self.shared.setdefault(name.lower(), value)
        else:
            self.local[name.lower()] = value

    def value(self, name: str) -> str | None:
        """What ``${name}`` stands for, None where nothing says so."""
        name = name.strip().lower()
        for known in (self.given, self.shared):
            if name in known:
                return known[name]
        place: Properties | None = self
        while place is not None:
            if name in place.local:
                return place.local[name]
            place = place.outer
        return _BUILT_IN.get(name)

    def resolved(self, node: Node, missing: Callable[[str, int], None]) -> Node:
        """The node with every value put in; `missing` is told (name, offset) of those without one."""
        text = node.text
        if text is not None and "${" in text.value:
            text = self.filled(text, missing)
        children = tuple(self.resolved(child, missing) for child in node.children)
        if text is node.text and all(new is old for new, old in zip(children, node.children, strict=True)):
            return node
        return replace(node, text=text, children=children)

    def filled(self, text: Text, missing: Callable[[str, int], None]) -> Text:
        """The text with every value put in."""
        parts: list[Text] = []
        done = 0
        for found in _EXPRESSION.finditer(text.value):
            name = found[1]
            place = text.cut(*found.span())
            if name.startswith(":"):  # the way to write ${name} itself
                value: str | None = f"${{{name[1:]}}}"
            else:
                value = self.value(name)
            if value is None:
                if _NAME.match(name.strip()):
                    missing(name.strip(), place.pieces[0][1])
                continue
            start = place.pieces[0][1]
            length = place.pieces[-1][1] + place.pieces[-1][2] - start
            parts.append(text.cut(done, found.start()))
            parts.append(Text(value, ((0, start, length),) if value else ()))
            done = found.end()
        if not parts:
            return text
        parts.append(text.cut(done, len(text.value)))
        return joined(parts)
