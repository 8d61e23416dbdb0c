"""The formats of a report: one module each, a `Format`.

The choices of ``check --output-format`` are the modules of this folder: a new one is one new file.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import cast

from migration_lint.report.format import Format


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
    """The format of that name, which is one of `names`.

    Raises UsageError where the format needs a library that is not installed.
    """
    return cast(Format, import_module(f"{__name__}.{name}"))
