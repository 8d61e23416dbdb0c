"""Drizzle: ``0000_create_users.sql`` in the order of ``meta/_journal.json``, or from 1.0 on folders
with ``migration.sql`` and ``snapshot.json``.

All that is pending runs in one transaction; ``--> statement-breakpoint`` parts the statements.
https://orm.drizzle.team/docs/migrations
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from migration_lint.model import Document, Error, Script, TransactionMode
from migration_lint.sources.folder import Folder, above, exists, is_file, join, listed
from migration_lint.sources.scripts import entry
from migration_lint.sources.source import Entry, Gap, Reading, Request, Source
from migration_lint.sources.text import file_bytes, read

_JOURNAL, _UP, _SNAPSHOT = "meta/_journal.json", "migration.sql", "snapshot.json"


class _Listed(Struct):
    tag: str
    idx: int = 0
    when: int = 0


class _Journal(Struct):
    entries: list[_Listed] = []
    dialect: str = ""


class Drizzle(Source):
    """The reader of drizzle-kit's output folder."""

    name = "drizzle"
    precedence = 10
    outside_transaction = "run by hand: Drizzle runs all that is pending in one transaction"
    late = "Drizzle never runs it on a database that has run a newer one"

    def recognises(self, folder: Folder) -> str | None:
        """The journal, or a sub-folder with a script and a snapshot."""
        if "meta" in folder.folders and is_file(folder.join(_JOURNAL)):
            return _JOURNAL
        for name in () if folder.sql else (*folder.folders[:2], *folder.folders[-2:]):
            if is_file(join(folder.join(name), _UP)) and exists(join(folder.join(name), _SNAPSHOT)):
                return f"{name}/{_UP} and {_SNAPSHOT}"
        return None

    def home(self, folder: Folder) -> str | None:
        """The folder with the journal, or the one above a script and its snapshot."""
        if _UP in folder.files and _SNAPSHOT in folder.files:
            return above(folder.path)
        return folder.path if self.recognises(folder) is not None else None

    def read(self, folder: Folder, request: Request) -> Sequence[Reading]:
        """One migration per entry of the journal, or per sub-folder."""
        if is_file(folder.join(_JOURNAL)):
            return (_by_journal(folder, request),)
        return (_by_folders(folder, request),)

    def single(self, document: Document, request: Request) -> Reading:
        """The document as a migration; what ran before it is not known."""
        return Reading((_entry(document, document.path),), complete=False)


def _by_journal(folder: Folder, request: Request) -> Reading:
    path = folder.join(_JOURNAL)
    try:
        journal = msgspec.json.decode(file_bytes(path), type=_Journal)
    except (msgspec.MsgspecError, UnicodeError) as problem:
        unread = [
            Gap(Error(folder.join(name), 1, "not read, as the journal cannot be"), 0) for name in folder.sql
        ]
        return Reading(
            (), (Error(path, 1, f"not Drizzle's journal: {problem}"),), tuple(unread), False, (path,)
        )
    except OSError as problem:
        return Reading((), (Error(path, 1, f"cannot be read: {problem.strerror or problem}"),))
    entries: list[Entry] = []
    errors: list[Error] = []
    known: set[str] = set()
    for item in journal.entries:
        name = f"{item.tag}.sql"
        if name in known:
            errors.append(Error(path, 1, f"the journal lists {item.tag} twice"))
            continue
        known.add(name)
        if "/" in item.tag or "\\" in item.tag or name not in folder.files:
            errors.append(Error(path, 1, f"the journal lists {item.tag}, and there is no {name}"))
            continue
        document = read(folder.join(name), request.encoding)
        if isinstance(document, Error):
            errors.append(document)
        else:
            entries.append(_entry(document, item.tag))
    why = f"Drizzle never runs it: {_JOURNAL} does not list it"
    gaps = [Gap(Error(folder.join(name), 1, why), len(entries)) for name in folder.sql if name not in known]
    complete = bool(journal.entries) and journal.entries[0].idx == 0 and not errors
    return Reading(tuple(entries), tuple(errors), tuple(gaps), complete, (path,))


def _by_folders(folder: Folder, request: Request) -> Reading:
    entries: list[Entry] = []
    errors: list[Error] = []
    gaps: list[Gap] = []
    for name in folder.folders:
        path = join(folder.join(name), _UP)
        if name[0] == ".":
            continue
        if not exists(path):
            if any(inner for inner in listed(folder.join(name)).sql):
                gaps.append(
                    Gap(Error(folder.join(name), 1, f"a migration's folder holds {_UP}"), len(entries))
                )
            continue
        document = read(path, request.encoding)
        if isinstance(document, Error):
            errors.append(document)
        else:
            made = _entry(document, name)
            snapshot = join(folder.join(name), _SNAPSHOT)
            entries.append(Entry(made.migration, (*made.files, snapshot), made.aliases))
    why = "not in a sub-folder of its own: Drizzle never runs it"
    gaps += [Gap(Error(folder.join(name), 1, why), len(entries)) for name in folder.sql]
    return Reading(tuple(entries), tuple(errors), tuple(gaps), bool(entries) and not errors)


def _entry(document: Document, tag: str) -> Entry:
    script = Script(document, document.text, TransactionMode.ONE)
    return entry(Drizzle.name, tag, script, aliases=(tag.partition("_")[0],))


SOURCE = Drizzle()
