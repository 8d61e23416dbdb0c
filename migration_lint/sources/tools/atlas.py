r"""Atlas: ``20240102030405_create_users.sql`` and ``atlas.sum``, which holds the files' checksums.

Each file runs in a transaction, its statements one by one, unless ``-- atlas:txmode none`` heads it.
A file with ``-- atlas:checkpoint`` stands for all that came before it, on a new database. A folder
in the format of another tool is read as that tool's. https://atlasgo.io/concepts/migration-directory-integrity
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from migration_lint.model import Disorder, Document, Error, Irregularity, Script, TransactionMode
from migration_lint.sources.folder import Folder, head, nearest
from migration_lint.sources.marks import lines
from migration_lint.sources.scripts import section
from migration_lint.sources.source import Reading, Request, source_of
from migration_lint.sources.sql_files import Built, Named, SqlFiles
from migration_lint.sources.text import file_bytes, read

_SUM = "atlas.sum"
_DIRECTIVE = re.compile(r"--[ -~]*?atlas:(\w+)(?:[ ]+(.+))?")
_FORMAT = re.compile(r"\bformat\s*=\s*\"?(golang-migrate|goose|flyway|dbmate)\b")
_PART = re.compile(r"^-- (\S+) --[ \t]*\r?\n?", re.MULTILINE)
_REMEDY = "run atlas migrate hash once the files are as they should be"


class Atlas(SqlFiles):
    """The reader of Atlas's migration directories."""

    name = "atlas"
    precedence = 10
    outside_transaction = "with -- atlas:txmode none and an empty line at the top of its file"
    checksums = True
    edited = "Atlas keeps the checksums of what has run, and databases that ran it keep what it did"
    late = "atlas migrate apply stops on every database that has run a newer one, unless exec-order allows it"
    form = "VERSION_name.sql"
    unique = True

    def recognises(self, folder: Folder) -> str | None:
        """The file of checksums, or one of its directives."""
        if _SUM in folder.files:
            return _SUM
        if any("-- atlas:txmode" in text or "-- atlas:checkpoint" in text for text in folder.sample):
            return "-- atlas: directives"
        return None

    def named(self, file: str) -> Named | None:
        """The text before the first underscore; the order is that of the names."""
        if not file.endswith(".sql"):
            return None
        version = file[:-4].partition("_")[0]
        return Named(file[:-4], version, (version, file))

    def read(self, folder: Folder, request: Request) -> Sequence[Reading]:
        """One migration per file; with a checkpoint, what a new database runs is a history of its own."""
        configuration = nearest(folder.path, ("atlas.hcl",))
        files = [folder.join(_SUM)] if _SUM in folder.files else []
        files += [configuration] if configuration is not None else []
        irregularities = _checked(folder) if _SUM in folder.files else []
        other = _format(folder, configuration)
        if other is not None:
            readings = list(source_of(other).read(folder, request))
            first = readings[0] if readings else Reading()
            found = (*first.irregularities, *irregularities)
            files += first.configuration
            return (replace(first, irregularities=found, configuration=tuple(files)), *readings[1:])
        names = [name for name in folder.files if name[0] != "."]
        reading = self.read_names(folder, names, request, files)
        reading = replace(reading, irregularities=(*reading.irregularities, *irregularities))
        checkpoints = [n for n, each in enumerate(reading.entries) if _is_checkpoint(each.migration.up)]
        if not checkpoints:
            return (reading,)
        whole = tuple(each for n, each in enumerate(reading.entries) if n not in checkpoints)
        anew = reading.entries[checkpoints[-1] :]
        if not any(n < checkpoints[-1] for n in range(len(reading.entries)) if n not in checkpoints):
            return (replace(reading, entries=anew, complete=not reading.errors),)
        return replace(reading, entries=whole), Reading(anew[:1])

    def built(self, document: Document, request: Request) -> Sequence[Built]:
        """The whole file, or the parts of an archive."""
        directives = dict(_directives(document))
        mode = TransactionMode.EACH if directives.get("txmode") == "none" else TransactionMode.ONE
        if "txtar" in directives:
            return [_archive(document, mode)]
        up = section(document, [(0, len(document.text))], mode)
        mark = directives.get("delimiter")
        if mark is not None:
            up = replace(up, sql=_delimited(up.sql, mark.encode().decode("unicode_escape")))
        return [Built(up)]


def _directives(document: Document) -> Iterator[tuple[str, str]]:
    """What heads the file: comments before an empty line."""
    found: list[tuple[str, str]] = []
    for line in lines(document.text):
        if not line.text.strip():
            yield from found
            return
        match = _DIRECTIVE.match(line.text)
        if not line.text.startswith("--"):
            return
        if match is not None:
            found.append((match.group(1), (match.group(2) or "").strip()))


def _is_checkpoint(script: Script) -> bool:
    return "atlas:checkpoint" in script.document.text and "checkpoint" in dict(_directives(script.document))


def _archive(document: Document, mode: TransactionMode) -> Built:
    """Parts of a txtar archive: ``-- migration.sql --``, ``-- down.sql --``."""
    marks = list(_PART.finditer(document.text))
    ends = [*(mark.start() for mark in marks), len(document.text)][1:]
    parts = {mark.group(1): (mark.end(), end) for mark, end in zip(marks, ends, strict=True)}
    if "migration.sql" not in parts:
        return Built(None, None, (Error(document.path, 1, "the archive has no part migration.sql"),))
    down = section(document, [parts["down.sql"]], mode) if "down.sql" in parts else None
    return Built(section(document, [parts["migration.sql"]], mode), down)


def _delimited(sql: str, mark: str) -> str:
    """With a semicolon in place of the team's own delimiter."""
    end = ";" + " " * (len(mark) - 1)
    return (
        sql.replace(mark, "".join(a if a in "\r\n" else b for a, b in zip(mark, end, strict=True)))
        if mark.strip()
        else sql
    )


def _format(folder: Folder, configuration: str | None) -> str | None:
    """The tool in whose format the folder is, by the configuration or by its files."""
    match = _FORMAT.search(head(configuration)) if configuration is not None else None
    candidates = [match.group(1)] if match is not None else ["golang-migrate", "goose", "dbmate"]
    for tool in candidates:
        if source_of(tool).recognises(folder) is not None:
            return tool
    return None


def _checked(folder: Folder) -> list[Irregularity]:
    """Where ``atlas.sum`` does not agree with the files.

    A line holds a file's name and the SHA-256 of all names and contents up to it; the first line
    sums up the lines. https://github.com/ariga/atlas/blob/master/sql/migrate/dir.go
    """
    from base64 import b64encode
    from hashlib import sha256

    document = read(folder.join(_SUM))
    if isinstance(document, Error):
        return [Irregularity(Disorder.MANIFEST, _SUM, document.path, "", document.message, _REMEDY)]
    rows = [line.rpartition(" ") for line in document.text.splitlines()[1:] if line.strip()]
    listed = {name: hash for name, _, hash in rows}
    running, total = sha256(), sha256()
    found: list[Irregularity] = []

    def told(name: str, what: str) -> None:
        path = folder.join(name) if name in folder.files else document.path
        found.append(
            Irregularity(
                Disorder.MANIFEST, name.removesuffix(".sql"), path, _SUM, f"{what}, and Atlas stops", _REMEDY
            )
        )

    for name in (name for name in folder.files if name.endswith(".sql")):
        running.update(name.encode(errors="surrogateescape"))
        try:
            data = file_bytes(folder.join(name))
        except OSError:
            return found  # the reading has the error
        if re.search(rb"\A(?:--[^\n]*\n)*-- atlas:sum ignore", data):
            continue
        running.update(data)
        hash = b64encode(running.digest()).decode()
        total.update(name.encode(errors="surrogateescape") + hash.encode())
        if name not in listed:
            told(name, f"{_SUM} does not list it")
        elif listed[name] != f"h1:{hash}" and not found:
            told(name, f"{_SUM} has the checksum of another text")
    for name in listed:
        if name not in folder.files:
            told(name, f"{_SUM} lists {name}, which is not there")
    first = document.text.splitlines()[0].strip() if document.text.strip() else ""
    if not found and first != f"h1:{b64encode(total.digest()).decode()}":
        told(_SUM, "its first line is not the checksum of its other lines")
    return found


SOURCE = Atlas()
