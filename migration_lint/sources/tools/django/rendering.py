"""The SQL that the installed Django writes for the migrations, in the place of ours."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec.structs import replace

from migration_lint.model import DownOrigin, Error, TransactionMode
from migration_lint.sources.derived import Derived, script
from migration_lint.sources.folder import Folder, absolute, head, real
from migration_lint.sources.python.syntax import Module, parse
from migration_lint.sources.rendering.places import derived
from migration_lint.sources.rendering.run import Failed, answer_of
from migration_lint.sources.source import Entry, Gap, Reading, Request, settings_of

_TOOL = "django"
_VENDORS = {"postgres": "postgresql", "mysql": "mysql", "mariadb": "mysql"}
_SETTINGS = re.compile(r"DJANGO_SETTINGS_MODULE['\"]\s*,\s*['\"]([\w.]+)['\"]")


def rendered(folder: Folder, reading: Reading, request: Request) -> Reading:
    """The reading with Django's own SQL. Where Django does not answer, nothing has been checked."""
    settings = settings_of(request, _TOOL)
    manage = folder.join("manage.py")
    asked = {
        "database": settings.get("database", "default"),
        "vendor": _VENDORS.get(request.engine or "postgres", "postgresql"),
    }
    module = _SETTINGS.search(head(manage))
    environment = {"DJANGO_SETTINGS_MODULE": module[1]} if module else {}
    try:
        answer = answer_of("django_program", folder.path, asked, settings, environment)
    except Failed as problem:
        error = Error(
            manage if "manage.py" in folder.files else folder.path, 1, f"Django did not render it: {problem}"
        )
        return Reading(errors=(*reading.errors, error), complete=False, configuration=reading.configuration)
    migrations = answer.get("migrations")
    listed = migrations if isinstance(migrations, list) else []
    found = {real(str(each["path"])): each for each in listed}
    places = {path: number for number, path in enumerate(found)}
    entries: list[Entry] = []
    paths = {entry.migration.path for entry in reading.entries}
    gaps = [gap for gap in reading.gaps if gap.error.path not in paths]
    last = len(places)
    in_order = sorted(reading.entries, key=lambda e: places.get(real(absolute(e.migration.path)), last))
    for number, entry in enumerate(in_order):
        made, told = _entry(entry, found.get(real(absolute(entry.migration.path))))
        entries.append(made)
        gaps += [Gap(error, number) for error in told]
    return replace(reading, entries=tuple(entries), gaps=tuple(gaps))


def _entry(entry: Entry, found: Mapping[str, object] | None) -> tuple[Entry, list[Error]]:
    migration = entry.migration
    document = migration.up.document
    module = parse(document)
    if isinstance(module, Error):
        return entry, [module]
    if found is None:  # squashed away, or of an app that is not installed
        nothing = replace(
            migration, up=replace(migration.up, sql="", pieces=((0, 0, 0),), opaque=()), down=None
        )
        return replace(entry, migration=nothing), []
    errors = []
    problem = found.get("error")
    if isinstance(problem, dict):
        message = f"Django could not render it: {problem.get('message')}"
        errors.append(Error(document.path, int(problem.get("line", 1)), message))
    mode = TransactionMode.ONE if found.get("atomic") else TransactionMode.EACH
    up = script(document, _statements(module, found.get("up")), module.comments(), mode)
    origin, down = DownOrigin.NONE, None
    if isinstance(found.get("down"), list):
        origin = DownOrigin.DERIVED
        back = script(document, _statements(module, found["down"]), module.comments(), mode)
        down = back if back.sql.strip() or not up.sql.strip() else None
    made = replace(migration, up=up, down=down, down_origin=origin)
    return replace(entry, migration=made), errors


def _statements(module: Module, statements: object) -> list[Derived]:
    return [
        derived(module, str(each["sql"]), each["place"], opaque=bool(each["opaque"]))
        for each in (statements if isinstance(statements, list) else [])
    ]
