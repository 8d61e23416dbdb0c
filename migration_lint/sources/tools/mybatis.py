"""MyBatis Migrations: ``scripts/20240102030405_create_users.sql`` with ``-- //@UNDO`` in it.

Statements are sent one by one in one transaction, as ``auto_commit`` is off by default.
``${name}`` takes its value from the environment's properties file.
https://mybatis.org/migrations/migrate.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from migration_lint.model import Document, Error, TransactionMode
from migration_lint.sources.folder import Folder, is_file, join, listed, nearest, parent
from migration_lint.sources.marks import lines, says_nothing
from migration_lint.sources.placeholders import values
from migration_lint.sources.scripts import filled, section, unset
from migration_lint.sources.source import Reading, Request
from migration_lint.sources.sql_files import Built, Named, SqlFiles, plain
from migration_lint.sources.text import read

_NAME = re.compile(r"([0-9]+)_.+\.sql\Z")
_UNDO = re.compile(r"^[ \t]*(?:--|//)[ \t]*(?://)?[ \t]*@UNDO\b[^\r\n]*", re.MULTILINE | re.IGNORECASE)
_BOOTSTRAP, _ABORT = "bootstrap.sql", "onabort.sql"
_ENVIRONMENT = "environments/development.properties"


class MyBatis(SqlFiles):
    """The reader of MyBatis's script folders."""

    name = "mybatis"
    precedence = 20
    outside_transaction = "with auto_commit=true in the environment's properties"
    late = "migrate up runs it after newer ones where those have run, and before them elsewhere"
    form = "NUMBER_name.sql"

    def recognises(self, folder: Folder) -> str | None:
        """The mark before what undoes a migration, or the tool's environments beside the folder."""
        if any("@UNDO" in text and _UNDO.search(text) for text in folder.sample):
            return "-- //@UNDO marks"
        if _BOOTSTRAP in folder.files and (found := _environment(folder.path)) is not None:
            return found
        return None

    def named(self, file: str) -> Named | None:
        """The digits before the first underscore; ``bootstrap.sql`` comes before all."""
        if file in (_BOOTSTRAP, _ABORT):
            return Named(file[:-4], 0 if file == _BOOTSTRAP else 1 << 64)
        match = _NAME.match(file)
        return plain(file, match.group(1)) if match else None

    def read(self, folder: Folder, request: Request) -> Sequence[Reading]:
        """One migration per file."""
        found = _environment(folder.path)
        settings: Mapping[str, str] = {}
        errors: list[Error] = []
        if found is not None:
            document = read(found, None)
            if isinstance(document, Error):
                errors.append(document)
            else:
                settings = _properties(document.text)
        merged = {**settings, **values(request, self.name)}
        given = {**request.settings, self.name: {"placeholders": merged}}
        asked = replace(request, settings=given)
        names = [name for name in folder.files if name[0] != "."]
        reading = self.read_names(folder, names, asked, [found] if found else ())
        first = reading.entries and reading.entries[0].migration.id == "bootstrap"
        complete = reading.complete or (bool(first) and not errors and not reading.errors)
        return (replace(reading, errors=(*errors, *reading.errors), complete=complete),)

    def built(self, document: Document, request: Request) -> Sequence[Built]:
        """The text before the mark, and that after it."""
        known = values(request, self.name)
        mode = TransactionMode.EACH if known.get("auto_commit") == "true" else TransactionMode.ONE
        mark = _UNDO.search(document.text)
        up = section(document, [(0, mark.start() if mark else len(document.text))], mode)
        up, missing = filled(up, "${", "}", known.get)
        errors = unset(document, missing, "${", "}", self.name)
        if mark is None:
            return [Built(up, None, tuple(errors))]
        down = section(document, [(mark.end(), len(document.text))], mode)
        if says_nothing(down.sql):
            return [Built(up, None, tuple(errors))]
        down, missing = filled(down, "${", "}", known.get)
        return [Built(up, down, (*errors, *unset(document, missing, "${", "}", self.name)))]


def _environment(folder: str) -> str | None:
    """The properties of the environment that is the default, or of the first one."""
    held = parent(folder) or join(folder, "..")
    usual = join(held, _ENVIRONMENT)
    if is_file(usual):
        return usual
    try:
        names = listed(join(held, "environments")).files
    except OSError:
        return nearest(folder, (_ENVIRONMENT,))
    first = next((name for name in names if name.endswith(".properties")), None)
    return join(held, f"environments/{first}") if first else None


def _properties(text: str) -> Mapping[str, str]:
    found = {}
    for line in lines(text):
        key, separator, value = line.text.partition("=")
        if separator and not key.lstrip().startswith(("#", "!")):
            found[key.strip()] = value.strip()
    return found


SOURCE = MyBatis()
