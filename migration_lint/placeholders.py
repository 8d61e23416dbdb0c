"""Placeholders of templates in SQL (``${schema}``, ``{{ table }}``, ``:name``), and what stands for them.

An identifier of the same length stands in for each, so that every offset stays where it was; people are
shown what they wrote.
"""

from __future__ import annotations

import re

PLACEHOLDER = re.compile(
    r"""\{\{.*?\}\} | \{%.*?%\} | <%.*?%> | \$\{[^}\n]*\} | %\([A-Za-z_][\w.]*\)s | %s
      | (?<![:\w]):(?:'[^'\n]*'|"[^"\n]*"|[A-Za-z_]\w*)""",
    re.VERBOSE | re.DOTALL,
)
_OTHER = re.compile(r"[^a-z0-9_\r\n]")


def identifier(placeholder: str) -> str:
    """``_schema`` for ``:schema``: each line break stays, each other odd character is ``_``."""
    return _OTHER.sub("_", placeholder.lower())


def restored(text: str, sql: str) -> str:
    """The text with the placeholders of `sql` in the places of what stood in for them."""
    for found in {match.group() for match in PLACEHOLDER.finditer(sql)}:
        name = identifier(found)
        if len(name) > 1 and name in text:
            text = found.join(re.split(rf"(?<!\w){re.escape(name)}(?!\w)", text))
    return text
