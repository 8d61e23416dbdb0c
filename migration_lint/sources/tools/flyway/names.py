"""Flyway's file names: a prefix, a version, the separator, a description, a suffix.

As Flyway's ResourceNameParser reads them: the longest prefix first, case-sensitive; the suffix
in any case; everything after the first separator is the description.
"""

from __future__ import annotations

import re

from msgspec import Struct

VERSIONED, UNDO, REPEATABLE, BASELINE, CALLBACK = "versioned", "undo", "repeatable", "baseline", "callback"

_VERSION = re.compile(r"[0-9]+(?:[._][0-9]+)*\Z")

BEFORE_ALL = (
    "createSchema",
    "beforeCreateSchema",
    "beforeConnect",
    "afterConnect",
    "beforeValidate",
    "afterValidate",
    "beforeDeploy",
    "beforeMigrate",
    "beforeEachMigrate",
    "beforeEachMigrateStatement",
)
BEFORE_REPEATABLES = ("afterVersioned", "beforeRepeatables")
AFTER_ALL = (
    "afterEachMigrateStatement",
    "afterEachMigrateStatementError",
    "afterEachMigrate",
    "afterEachMigrateError",
    "afterMigrateApplied",
    "afterMigrate",
    "afterMigrateError",
    "afterDeploy",
    "afterDeployError",
    "beforeUndo",
    "beforeEachUndo",
    "beforeEachUndoStatement",
    "afterEachUndoStatement",
    "afterEachUndoStatementError",
    "afterEachUndo",
    "afterEachUndoError",
    "afterUndo",
    "afterUndoError",
    "beforeClean",
    "afterClean",
    "afterCleanError",
    "afterValidateError",
    "beforeBaseline",
    "afterBaseline",
    "afterBaselineError",
    "beforeRepair",
    "afterRepair",
    "afterRepairError",
    "beforeInfo",
    "afterInfo",
    "afterInfoError",
)
EVENTS = (*BEFORE_ALL, *BEFORE_REPEATABLES, *AFTER_ALL)
"""Callback events, roughly in the order in which they come."""


class Naming(Struct, frozen=True):
    """The settings that file names depend on."""

    versioned: str = "V"
    undo: str = "U"
    repeatable: str = "R"
    baseline: str = "B"
    separator: str = "__"
    suffixes: tuple[str, ...] = (".sql",)


class Name(Struct, frozen=True):
    """A file name taken apart. `label` is the prefix or event, `shown` the version with dots.

    `version` compares as Flyway compares: ``1``, ``1.0`` and ``01`` are equal.
    """

    kind: str
    label: str
    version: tuple[int, ...] = ()
    shown: str = ""
    description: str = ""


def parse(file: str, naming: Naming) -> Name | str | None:
    """The name's parts; why Flyway never runs a file with its suffix; None without the suffix."""
    lower = file.lower()
    suffix = next((s for s in naming.suffixes if s and lower.endswith(s.lower())), None)
    if suffix is None:
        return None
    stem = file[: len(file) - len(suffix)]
    prefix, kind = _prefix(stem, naming)
    if not kind:
        return f"Flyway never runs it: the name begins with none of {_prefixes(naming)}"
    version, _, description = stem[len(prefix) :].partition(naming.separator)
    description = description.replace("_", " ")
    if kind in (REPEATABLE, CALLBACK):
        if version:
            right = f"{prefix}{naming.separator}"
            return (
                f"Flyway never runs it: the name has {version!r} where it needs {right!r} and a description"
            )
        return Name(kind, prefix, description=description)
    if not _VERSION.match(version):
        why = f"{version!r} is no version" if version else "the version is missing"
        return f"Flyway never runs it: {why} (the form is {prefix}1{naming.separator}description{suffix})"
    shown = version.replace("_", ".")
    parts = [int(part) for part in shown.split(".")]
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    return Name(kind, prefix, tuple(parts), shown, description)


def _prefix(stem: str, naming: Naming) -> tuple[str, str]:
    best, kind = "", ""
    known = (
        (naming.versioned, VERSIONED),
        (naming.repeatable, REPEATABLE),
        (naming.baseline, BASELINE),
        (naming.undo, UNDO),
    )
    for prefix, meaning in known:
        if prefix and len(prefix) > len(best) and stem.startswith(prefix):
            best, kind = prefix, meaning
    if stem[:1].islower():
        for event in EVENTS:
            if len(event) > len(best) and stem.startswith(event):
                best, kind = event, CALLBACK
    return best, kind


def _prefixes(naming: Naming) -> str:
    kinds = (naming.versioned, naming.undo, naming.repeatable, naming.baseline)
    return ", ".join(prefix for prefix in kinds if prefix) + ", a callback's event"
