"""tern: ``001_create_users.sql``, down below ``---- create above / drop below ----``.

Numbers begin with 1 and have no holes. A part runs in a transaction, unless it says
``---- tern: disable-tx ----``; then its statements run one by one. Files are Go templates: values
of ``{{.name}}`` come from ``[data]`` in ``tern.conf``, ``{{ template "shared/x.sql" . }}`` is
another file. https://github.com/jackc/tern#migrations
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from migration_lint.model import Document, Error, Script, TransactionMode
from migration_lint.sources.folder import Folder, listed, nearest
from migration_lint.sources.marks import lines, says_nothing
from migration_lint.sources.placeholders import values
from migration_lint.sources.scripts import filled, section, unset
from migration_lint.sources.source import Reading, Request
from migration_lint.sources.sql_files import Built, Named, SqlFiles, plain
from migration_lint.sources.text import read

_NAME = re.compile(r"([0-9]+)_.+\.sql\Z")
_SEPARATOR = "---- create above / drop below ----"
_OPT_OUT = re.compile(r"^---- tern: disable-tx ----[ \t]*\r?$", re.MULTILINE)
_TEMPLATE = re.compile(r'-?\s*template\s+"([^"]+)"')
_VALUE = re.compile(r"-?\s*\.(\w+)\s*-?\Z")
_TEMPLATES = "\0templates"


class _Data(Struct, frozen=True):
    """What a template can ask for: values, and other files by their path in the folder."""

    values: Mapping[str, str]
    files: Mapping[str, str]

    def value_of(self, name: str) -> str | None:
        """What stands for an action of the template; None where only tern knows."""
        if (match := _TEMPLATE.match(name)) is not None:
            return self.files.get(match.group(1))
        match = _VALUE.match(name)
        return self.values.get(match.group(1)) if match is not None else None


class Tern(SqlFiles):
    """The reader of tern's folders."""

    name = "tern"
    precedence = 20
    outside_transaction = "with the line ---- tern: disable-tx ---- in it"
    late = "tern never runs it on a database that has run a newer one"
    duplicate = "tern stops: two files have one number"
    form = "NUMBER_name.sql"

    def recognises(self, folder: Folder) -> str | None:
        """The line between up and down, or ``tern.conf`` beside the files."""
        if not any(_NAME.match(name) for name in folder.sql):
            return None
        if any(_SEPARATOR in text for text in folder.sample):
            return f"the line {_SEPARATOR}"
        return nearest(folder.path, ("tern.conf",))

    def named(self, file: str) -> Named | None:
        """The number before the first underscore."""
        match = _NAME.match(file)
        return plain(file, match.group(1)) if match else None

    def read(self, folder: Folder, request: Request) -> Sequence[Reading]:
        """One migration per file."""
        configuration = nearest(folder.path, ("tern.conf",))
        templates, errors = _templates(folder, request.encoding)
        known = {**(_data(configuration) if configuration else {}), **values(request, self.name)}
        given = {self.name: {"placeholders": known, _TEMPLATES: templates}}
        asked = replace(request, settings={**request.settings, **given})
        names = [name for name in folder.files if name[0] != "."]
        files = [*([configuration] if configuration else []), *(folder.join(name) for name in templates)]
        reading = self.read_names(folder, names, asked, files)
        errors += [*reading.errors, *_holes(reading)]
        return (replace(reading, errors=tuple(errors), complete=reading.complete and not errors),)

    def built(self, document: Document, request: Request) -> Sequence[Built]:
        """The text above the separator, and that below it."""
        settings = request.settings.get(self.name)
        files = settings.get(_TEMPLATES, {}) if isinstance(settings, Mapping) else {}
        data = _Data(values(request, self.name), files)
        above, separator, below = document.text.partition(_SEPARATOR)
        errors: list[Error] = []
        if says_nothing(above):
            errors.append(Error(document.path, 1, "tern refuses the file: it has no SQL above the separator"))
        up, problems = _part(document, 0, len(above), data)
        errors += problems
        if says_nothing(below):
            return [Built(up, None, tuple(errors))]
        down, problems = _part(document, len(above) + len(separator), len(document.text), data)
        return [Built(up, down, (*errors, *problems))]


def _part(document: Document, start: int, end: int, data: _Data) -> tuple[Script, list[Error]]:
    opted_out = _OPT_OUT.search(document.text, start, end) is not None
    script = section(document, [(start, end)], TransactionMode.EACH if opted_out else TransactionMode.ONE)
    made, found = filled(script, "{{", "}}", data.value_of)
    return made, unset(document, found, "{{", "}}", Tern.name)


def _templates(folder: Folder, encoding: str | None) -> tuple[dict[str, str], list[Error]]:
    """The SQL files of the sub-folders, which run only where a migration asks for them."""
    found: dict[str, str] = {}
    errors: list[Error] = []
    for name in folder.folders if any("{{" in text for text in folder.sample) else ():
        inner = listed(folder.join(name))
        for file in inner.sql:
            document = read(inner.join(file), encoding)
            if isinstance(document, Error):
                errors.append(document)
            else:
                found[f"{name}/{file}"] = document.text
    return found, errors


def _holes(reading: Reading) -> list[Error]:
    """Numbers that are missing: tern stops there."""
    numbers = [int(entry.migration.id.partition("_")[0]) for entry in reading.entries]
    missing = sorted(set(range(1, max(numbers, default=0))) - set(numbers))
    if not missing or reading.errors:
        return []
    after = next(entry for entry, number in zip(reading.entries, numbers, strict=True) if number > missing[0])
    return [Error(after.migration.path, 1, f"tern stops: there is no migration {missing[0]} before it")]


def _data(configuration: str) -> dict[str, str]:
    """The values under ``[data]``; one that tern takes from the environment counts as not set."""
    document = read(configuration)
    found: dict[str, str] = {}
    inside = False
    for line in lines(document.text) if isinstance(document, Document) else ():
        text = line.text.strip()
        if text.startswith("["):
            inside = text == "[data]"
        elif inside and not text.startswith(("#", ";")) and "{{" not in text:
            key, separator, value = text.partition("=")
            if separator:
                found[key.strip()] = value.strip()
    return found


SOURCE = Tern()
