"""The frame of every page: its head, its style, its policy."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from pkgutil import get_data

from migration_lint.report.escape import html


def page(title: str, body: Iterable[str]) -> str:
    """A whole document around the parts of its body, which are HTML already.

    The policy lets a browser load nothing and run nothing; it takes this style alone, by its hash.
    """
    style = (get_data(__package__, "page.css") or b"").decode()
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    head = f"""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>{html(title)}</title>
<style>{style}</style>
</head>
<body>
"""
    return head + "".join(f"{part}\n" for part in body) + "</body>\n</html>\n"


def code(text: str) -> str:
    """SQL to paste. A long one scrolls, by keyboard too."""
    return f'<pre tabindex="0"><code>{html(text)}</code></pre>'
