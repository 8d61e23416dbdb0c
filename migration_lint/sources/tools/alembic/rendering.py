"""The SQL that the installed Alembic writes for the revisions, in the place of ours."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from msgspec.structs import replace

from migration_lint.model import DownOrigin, Error, Script, TransactionMode
from migration_lint.sources.derived import script
from migration_lint.sources.folder import Folder, absolute, base, parent
from migration_lint.sources.python.syntax import Module, parse
from migration_lint.sources.rendering.places import derived
from migration_lint.sources.rendering.run import Failed, answer_of
from migration_lint.sources.source import Entry, Gap, Reading, Request, settings_of
from migration_lint.sources.tools.alembic.configuration import configuration_of
from migration_lint.sources.tools.alembic.reading import mode_of

_TOOL = "alembic"
_DIALECTS = {"postgres": "postgresql", "mysql": "mysql", "mariadb": "mysql"}

_Found = Mapping[str, object]


def rendered(folder: Folder, reading: Reading, request: Request) -> Reading:
    """The reading with Alembic's own SQL. Where Alembic does not answer, nothing has been checked."""
    found = configuration_of(folder.path)
    settings = settings_of(request, _TOOL)
    file = next((path for path in found.files if base(path) in ("alembic.ini", "pyproject.toml")), None)
    here = (parent(file) or ".") if file is not None else found.location
    asked = {
        "configuration": absolute(file) if file is not None else "",
        "location": absolute(found.location),
    }
    blamed = next((path for path in found.files if base(path) == "env.py"), folder.path)
    try:
        answer = answer_of("alembic_program", here, asked, settings)
    except Failed as problem:
        return _failed(reading, Error(blamed, 1, f"Alembic did not render it: {problem}"))
    wanted = _DIALECTS.get(request.engine or "postgres")
    dialects = answer.get("dialects")
    if isinstance(dialects, list) and wanted not in dialects:
        message = (
            f"env.py configures {', '.join(map(str, dialects)) or 'no database'}, and {wanted} is checked"
        )
        return _failed(reading, Error(blamed, 1, message))
    ups, downs = _by_id(answer, "up"), _by_id(answer, "down")
    entries: list[Entry] = []
    gaps = [gap for gap in reading.gaps if gap.error.path not in {e.migration.path for e in reading.entries}]
    for number, entry in enumerate(reading.entries):
        made, told = _entry(
            entry, ups.get(entry.migration.id), downs.get(entry.migration.id), mode_of(found.transactional)
        )
        entries.append(made)
        gaps += [Gap(error, number) for error in told]
    return replace(
        reading, entries=tuple(entries), gaps=tuple(gaps), complete=not reading.errors and not gaps
    )


def _failed(reading: Reading, error: Error) -> Reading:
    return Reading(errors=(*reading.errors, error), complete=False, configuration=reading.configuration)


def _by_id(answer: _Found, direction: str) -> dict[str, _Found]:
    found = answer.get(direction)
    return found if isinstance(found, dict) else {}


def _entry(
    entry: Entry, up: _Found | None, down: _Found | None, mode: TransactionMode
) -> tuple[Entry, list[Error]]:
    migration = entry.migration
    document = migration.up.document
    module = parse(document)
    if isinstance(module, Error):
        return entry, [module]
    if up is None:
        return entry, [Error(document.path, 1, "Alembic does not run it")]
    errors: list[Error] = []
    made = _script(module, up, mode, "upgrade", errors)
    back = migration.down
    if down is not None and migration.down_origin is not DownOrigin.NONE:
        back = _script(module, down, mode, "downgrade", errors)
        if not back.sql.strip() and made.sql.strip():
            back = None
    elif migration.down_origin is DownOrigin.NONE:
        back = None
    origin = DownOrigin.NONE if back is None else DownOrigin.WRITTEN
    return replace(entry, migration=replace(migration, up=made, down=back, down_origin=origin)), errors


def _script(module: Module, found: _Found, mode: TransactionMode, name: str, errors: list[Error]) -> Script:
    problem = found.get("error")
    if isinstance(problem, dict):
        message = f"Alembic could not render {name}(): {problem.get('message')}"
        errors.append(Error(module.document.path, int(problem.get("line", 1)), message))
    statements = found.get("statements")
    made = [
        derived(module, str(each["sql"]), each["place"], outside=bool(each["outside"]))
        for each in (statements if isinstance(statements, list) else [])
    ]
    function = next((n for n in module.tree.body if isinstance(n, ast.FunctionDef) and n.name == name), None)
    first, last = module.bounds(function) if function is not None else (0, len(module.document.text))
    comments = [
        comment
        for comment in module.comments()
        if first <= comment.start <= last or "ignore-file" in comment.text.split("[")[0]
    ]
    return script(module.document, made, comments, mode, first)
