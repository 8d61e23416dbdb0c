"""The formats of a report: one module each, with ``render(report, view) -> str``.

The choices of ``check --output-format`` are the modules of this folder: a new one is one new file.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import Protocol, cast

from migration_lint.model import Report
from migration_lint.report.view import View


class Format(Protocol):
    """A module of this folder."""

    def render(self, report: Report, view: View) -> str:
        """The report's text, with a line break at its end."""


def names() -> list[str]:
    """The names of all formats."""
    found: set[str] = set()
    for place in __path__:
        try:
            with os.scandir(place) as entries:
                found.update(entry.name[:-3] for entry in entries if entry.name.endswith(".py"))
        except OSError:  # in a zip file
            from pkgutil import iter_modules

            found.update(module.name for module in iter_modules([place]))
    return sorted(name for name in found if not name.startswith("_"))


def by_name(name: str) -> Format:
    """The format of that name, which is one of `names`."""
    return cast(Format, import_module(f"{__name__}.{name}"))
