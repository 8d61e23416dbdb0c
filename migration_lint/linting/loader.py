"""Finds the rules: one Python file each, in a folder.

The built-in folder lies inside the package where one is installed, and beside it in a checkout.
A team's own folder (``--rules DIR``) is loaded the same way. The files are imported under a
package name of ours, so that Python caches their byte code and they work from a zip file too.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from types import ModuleType

import migration_lint
from migration_lint.errors import UsageError
from migration_lint.linting.rule import Backstop, HistoryRule, Rule

_PACKAGE = migration_lint.__path__[0]
BUILTIN = (f"{_PACKAGE}/rules", f"{_PACKAGE.rpartition(os.sep)[0]}/rules")
"""Where the built-in rules may lie, the first that has any counts."""

RuleClasses = Mapping[str, type[Rule]]
"""Rule classes by id, in the order of their ids."""


def load_rules(extra: Iterable[str] = ()) -> RuleClasses:
    """The built-in rules and those of the `extra` folders.

    Raises UsageError for an `extra` folder without rules, a file in one that cannot be loaded or an
    id that is taken, and RuntimeError where the built-in rules are missing: a linter without rules
    would pass everything.
    """
    builtin = next((folder for folder in BUILTIN if _names(folder)), None)
    if builtin is None:
        raise RuntimeError(f"no rules found in {' or '.join(BUILTIN)}: the installation is broken")
    found = dict(load_folder(builtin, f"{migration_lint.__name__}.rules"))
    for number, folder in enumerate(extra, 1):
        for rule_id, rule in _own(folder, number):
            if rule_id in found:
                raise UsageError(f"{folder}: there is a rule named {rule_id} already")
            found[rule_id] = rule
    return dict(sorted(found.items()))


def _own(folder: str, number: int) -> Iterator[tuple[str, type[Rule]]]:
    if not _names(folder):
        raise UsageError(f"{folder}: no rules found there (one Python file each)")
    try:
        yield from load_folder(folder, f"migration_lint_own_rules_{number}")
    except UsageError:
        raise
    except Exception as error:
        raise UsageError(f"{folder}: a rule cannot be loaded: {type(error).__name__}: {error}") from error


def load_folder(folder: str, package: str) -> Iterator[tuple[str, type[Rule]]]:
    """(id, class) of every rule file of a folder, whose modules go by the name of `package`."""
    parent = ModuleType(package)
    parent.__path__ = [folder]
    if sys.modules.get(package, parent).__dict__.get("__path__") != [folder]:
        for name in [name for name in sys.modules if name.startswith(package + ".")]:
            del sys.modules[name]
    sys.modules[package] = parent
    for name in _names(folder):
        rule = _rule_of(import_module(f"{package}.{name}"))
        rule.id = name.replace("_", "-")
        yield rule.id, rule


def _names(folder: str) -> list[str]:
    """The module names in a folder, which may lie in a zip file."""
    try:
        with os.scandir(folder) as entries:
            files = [entry.name[:-3] for entry in entries if entry.name.endswith(".py")]
    except OSError:
        from pkgutil import iter_modules

        files = [module.name for module in iter_modules([folder])]
    return sorted(name for name in files if not name.startswith("_"))


def _rule_of(module: ModuleType) -> type[Rule]:
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Rule) and value.__module__ == module.__name__
    ]
    if len(found) != 1 or found[0] in (Rule, HistoryRule, Backstop):
        raise UsageError(f"{module.__file__}: a rule file has one class deriving from Rule, not {len(found)}")
    return found[0]


def docstring(rule: type[Rule]) -> str:
    """The page of a rule, from its source: ``python -OO`` strips docstrings."""
    import ast
    from inspect import cleandoc

    loader = sys.modules[rule.__module__].__loader__
    source = loader.get_source(rule.__module__) if loader is not None else None  # type: ignore[attr-defined]
    for node in ast.parse(source or "").body:
        if isinstance(node, ast.ClassDef) and node.name == rule.__name__:
            return cleandoc(ast.get_docstring(node) or "")
    return ""
