"""The C parser of pglast, without the Python layer around it.

``import pglast`` builds thousands of classes that nothing here uses and costs several times the
interpreter's own start; its extension module alone costs next to nothing. It is loaded under a
stand-in for the package, which is taken away again and passes on to the real one whatever is asked
of it, so that a later ``import pglast`` works as ever. Where that fails, pglast is imported the
ordinary way.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any


class _StandIn(ModuleType):
    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(importlib.import_module(self.__name__), name)


def _load() -> Any:
    if "pglast" in sys.modules:
        return _ordinary()
    spec = importlib.machinery.PathFinder.find_spec("pglast")
    if spec is None or not spec.submodule_search_locations:
        return _ordinary()
    stand_in = ModuleType("pglast")
    stand_in.__path__ = list(spec.submodule_search_locations)
    stand_in.Error = Exception  # type: ignore[attr-defined]
    parts = {"pglast": stand_in}
    for name in ("ast", "enums"):
        parts[f"pglast.{name}"] = _StandIn(f"pglast.{name}")
        setattr(stand_in, name, parts[f"pglast.{name}"])
    sys.modules.update(parts)
    try:
        import pglast.parser

        loaded: ModuleType | None = pglast.parser
    except Exception:  # whatever the stand-in lacks, the real package has
        sys.modules.pop("pglast.parser", None)
        loaded = None
    finally:
        for name in parts:
            sys.modules.pop(name, None)
    if loaded is None:
        return _ordinary()
    # A later ordinary import must build its own module, bound to the real package.
    sys.modules.pop("pglast.parser", None)
    return loaded


def _ordinary() -> Any:
    import pglast.parser

    return pglast.parser


_parser = _load()

parse_sql_json: Callable[[str], str] = _parser.parse_sql_json
"""SQL text → the parse tree as JSON text, with byte offsets. Raises `ParseError`."""

ParseError: type[Exception] = _parser.ParseError
"""``args`` are the message and the character index of the error."""
