"""Hasura: ``migrations/default/1700000000000_create_users/up.sql`` and ``down.sql``.

Versions are times in milliseconds or nanoseconds. Each script is one request, which Hasura runs in
a transaction. https://hasura.io/docs/2.0/migrations-metadata-seeds/manage-migrations/
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from migration_lint.model import Document, Error, Script, TransactionMode
from migration_lint.sources.folder import Folder, above, exists, head, join, listed, nearest
from migration_lint.sources.marks import says_nothing
from migration_lint.sources.scripts import entry
from migration_lint.sources.source import Entry, Gap, Reading, Request, Source
from migration_lint.sources.text import read

_NAME = re.compile(r"([0-9]+)(?:_.*)?\Z")
_TIME = re.compile(r"(?:[0-9]{13}|[0-9]{16}|[0-9]{19})(?:_|\Z)")
_SETTINGS = re.compile(r"^(?:metadata_directory|endpoint|version)\s*:", re.MULTILINE)
_UP, _DOWN = "up.sql", "down.sql"


class Hasura(Source):
    """The reader of one database's migrations."""

    name = "hasura"
    precedence = 30
    outside_transaction = "run by hand: Hasura runs every script in a transaction"
    late = "hasura migrate apply runs it after newer ones where those have run, and before them elsewhere"

    def recognises(self, folder: Folder) -> str | None:
        """Sub-folders named by times in milli- or nanoseconds, with SQL or metadata in them."""
        if folder.sql:
            return None
        named = [name for name in folder.folders if name[0].isdigit() and _NAME.match(name)]
        for name in (*named[:3], *named[-3:]):
            path = folder.join(name)
            files = [file for file in (_UP, _DOWN, "up.yaml", "down.yaml") if exists(join(path, file))]
            if files and _TIME.match(name):
                return f"{name}/{files[0]}, named by a time in milliseconds"
            if files and (configuration := nearest(folder.path, ("config.yaml",))) is not None:
                text = head(configuration)
                if "metadata_directory" in text and _SETTINGS.search(text):
                    return configuration
        return None

    def home(self, folder: Folder) -> str | None:
        """The folder above one with scripts."""
        if not any(name in folder.files for name in (_UP, _DOWN, "up.yaml", "down.yaml")):
            return None
        outer = above(folder.path)
        try:
            return outer if outer is not None and self.recognises(listed(outer)) is not None else None
        except OSError:
            return None

    def read(self, folder: Folder, request: Request) -> Sequence[Reading]:
        """One migration per sub-folder, in the order of their versions."""
        entries: list[Entry] = []
        errors: list[Error] = []
        gaps: list[Gap] = []
        numbered = [
            (int(match.group(1)), match.group()) for match in map(_NAME.match, folder.folders) if match
        ]
        for version, name in sorted(numbered):
            made, problems, missing = _migration(folder.join(name), name, version, request, len(entries))
            errors += problems
            gaps += missing
            entries += [made] if made is not None else []
        why = "not in a sub-folder of its own: Hasura never runs it"
        gaps += [Gap(Error(folder.join(name), 1, why), len(entries)) for name in folder.sql]
        configuration = nearest(folder.path, ("config.yaml",))
        files = (configuration,) if configuration is not None else ()
        complete = bool(entries) and not errors and not gaps
        return (Reading(tuple(entries), tuple(errors), tuple(gaps), complete, files),)

    def single(self, document: Document, request: Request) -> Reading:
        """The document as an up script; what ran before it is not known."""
        script = Script(document, document.text, TransactionMode.ONE)
        return Reading((entry(self.name, document.path, script),), complete=False)


def _migration(
    path: str, name: str, version: int, request: Request, position: int
) -> tuple[Entry | None, list[Error], list[Gap]]:
    try:
        content = listed(path)
    except OSError as problem:
        return None, [Error(path, 1, f"cannot be read: {problem.strerror or problem}")], []
    scripts: dict[str, Script] = {}
    errors: list[Error] = []
    gaps: list[Gap] = []
    for file in content.files:
        if file in (_UP, _DOWN):
            document = read(content.join(file), request.encoding)
            if isinstance(document, Error):
                errors.append(document)
            elif file == _UP or not says_nothing(document.text):
                scripts[file] = Script(document, document.text, TransactionMode.ONE)
        elif file in ("up.yaml", "down.yaml"):
            why = "calls of Hasura's metadata API: not read, so what SQL is in them is not checked"
            gaps.append(Gap(Error(content.join(file), 1, why), position))
        elif file in content.sql or file in request.named:
            gaps.append(Gap(Error(content.join(file), 1, "Hasura runs only up.sql and down.sql"), position))
    if _UP not in scripts:
        if _DOWN in scripts and not errors:
            why = "Hasura has no up.sql for this down.sql: there is nothing to run"
            gaps.append(Gap(Error(content.join(_DOWN), 1, why), position))
        return None, errors, gaps
    files = [content.join(_DOWN)] if _DOWN in content.files else []
    made = entry("hasura", name, scripts[_UP], scripts.get(_DOWN), files=files, aliases=(str(version),))
    return made, errors, gaps


SOURCE = Hasura()
