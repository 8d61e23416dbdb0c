"""From the text of a changelog to its tree: one file for each format."""

from __future__ import annotations

from migration_lint.model import Document
from migration_lint.sources.tools.liquibase.tree import Node, UnreadableError

LARGEST = 10_000_000
"""Characters. Nobody reviews a changelog of that size, and its tree would take gigabytes."""
DEEPEST = 100
"""Elements in one another; Liquibase's own grammar has fewer than ten."""


def parse(document: Document, kind: str) -> Node:
    """The root element of an ``xml``, ``yaml`` or ``json`` changelog. Raises UnreadableError."""
    if len(document.text) > LARGEST:
        millions = len(document.text) / 1e6
        raise UnreadableError(
            1, f"{millions:.0f} million characters are too many for a changelog; split it into several files"
        )
    if kind == "xml":
        from migration_lint.sources.tools.liquibase.documents.xml import parse_xml

        return parse_xml(document)
    from migration_lint.sources.tools.liquibase.documents.yaml import parse_yaml

    return parse_yaml(document, json=kind == "json")
