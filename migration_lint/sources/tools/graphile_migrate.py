"""graphile-migrate: ``migrations/committed/000001-create-users.sql``, and ``current.sql`` beside.

A committed file begins with headers such as ``--! Hash: sha1:…``, which chain the files. It runs
in a transaction, unless it says ``--! no-transaction``: then it is sent whole without one.
https://github.com/graphile/migrate
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec.structs import replace

from migration_lint.model import Disorder, Document, Error, Irregularity, TransactionMode
from migration_lint.sources.folder import Folder, above, base, is_file, listed, nearest
from migration_lint.sources.placeholders import values
from migration_lint.sources.scripts import entry, error_at, filled_matches, section
from migration_lint.sources.source import Entry, Gap, Reading, Request
from migration_lint.sources.sql_files import Built, Named, SqlFiles
from migration_lint.sources.text import read

_NAME = re.compile(r"([0-9]{6,})(?:-(.+))?\.sql\Z")
_PART = re.compile(r"([0-9]+)(?:-.*)?\.sql\Z")
_HEADER = re.compile(r"--! ?(\w[\w-]*)(?::[ \t]*([^\r\n]*))?")
_OPT_OUT = re.compile(r"^--!\s*no-transaction\b", re.MULTILINE)
_INCLUDE = re.compile(r"^--!\s*include\s+(\S+)", re.MULTILINE)
_FILES = (".gmrc", ".gmrc.js", ".gmrc.cjs")
_CURRENT = "current.sql"


class GraphileMigrate(SqlFiles):
    """The reader of graphile-migrate's folder."""

    name = "graphile-migrate"
    precedence = 10
    outside_transaction = "with --! no-transaction as its first line, and no other statement"
    checksums = True
    edited = "graphile-migrate refuses the file: its hash is another"
    late = "graphile-migrate stops: the chain of hashes is another"
    form = "committed/000001-name.sql"

    def recognises(self, folder: Folder) -> str | None:
        """Committed files with headers, or the configuration and ``current.sql``."""
        if "committed" in folder.folders:
            names = [name for name in listed(folder.join("committed")).files if _NAME.match(name)]
            if names or _CURRENT in folder.files:
                return f"committed/{names[0]}" if names else "committed, and current.sql"
        if _CURRENT in folder.files or "current" in folder.folders:
            return nearest(folder.path, _FILES)
        return None

    def home(self, folder: Folder) -> str | None:
        """The folder that holds ``committed``."""
        if base(folder.path) in ("committed", "current"):
            outer = above(folder.path)
            try:
                return outer if outer is not None and self.recognises(listed(outer)) is not None else None
            except OSError:
                return None
        return folder.path if self.recognises(folder) is not None else None

    def named(self, file: str) -> Named | None:
        """The number before the first dash."""
        match = _NAME.match(file)
        if match is None:
            return None
        return Named(file[:-4], int(match.group(1)), (match.group(1), str(int(match.group(1))), file))

    def read(self, folder: Folder, request: Request) -> Sequence[Reading]:
        """The committed files by number, then what is current."""
        configuration = nearest(folder.path, _FILES)
        files = [configuration] if configuration is not None else []
        committed = Reading()
        if "committed" in folder.folders:
            inner = listed(folder.join("committed"))
            committed = self.read_names(inner, inner.files, request, files)
        wrong = _chained(committed)
        entries, errors = list(committed.entries), list(committed.errors)
        current, more = self._current(folder, request)
        entries += current
        errors += more
        why = "graphile-migrate runs only current.sql and what is committed"
        gaps = [
            Gap(Error(folder.join(name), 1, why), len(entries)) for name in folder.sql if name != _CURRENT
        ]
        return (
            replace(
                committed,
                entries=tuple(entries),
                errors=tuple(errors),
                gaps=(*committed.gaps, *gaps),
                complete=bool(entries) and not errors and (committed.complete or not committed.entries),
                configuration=tuple(files),
                irregularities=(*committed.irregularities, *wrong),
            ),
        )

    def built(self, document: Document, request: Request) -> Sequence[Built]:
        """The whole file: the headers are comments. There is no way back."""
        whole = _OPT_OUT.search(document.text) is not None
        mode = TransactionMode.NONE if whole else TransactionMode.ONE
        known = {"DATABASE_NAME": "postgres", "DATABASE_OWNER": "postgres", **values(request, self.name)}
        names = re.compile(rf":({'|'.join(map(re.escape, sorted(known, key=len, reverse=True)))})\b")
        script, _ = filled_matches(section(document, [(0, len(document.text))], mode), names, known.get)
        why = "includes another file, which was not read"
        errors = [error_at(document, match.start(), why) for match in _INCLUDE.finditer(document.text)]
        return [Built(script, None, tuple(errors))]

    def _current(self, folder: Folder, request: Request) -> tuple[list[Entry], list[Error]]:
        """``current.sql``, or the numbered files of ``current``; nothing where they are empty."""
        paths: list[str] = []
        if "current" in folder.folders:
            inner = listed(folder.join("current"))
            numbered = sorted((int(m.group(1)), m.group()) for m in map(_PART.match, inner.files) if m)
            paths = [inner.join(name) for _, name in numbered]
        elif is_file(folder.join(_CURRENT)):
            paths = [folder.join(_CURRENT)]
        entries: list[Entry] = []
        errors: list[Error] = []
        for path in paths:
            document = read(path, request.encoding)
            if isinstance(document, Error):
                errors.append(document)
                continue
            for built in self.built(document, request):
                errors += built.errors
                if built.up is not None:
                    id = "current" if base(path) == _CURRENT else f"current/{base(path)[:-4]}"
                    entries.append(entry(self.name, id, built.up))
        return entries, errors


def _chained(reading: Reading) -> list[Irregularity]:
    """Committed files whose hash is not that of their text, or that follow another file than they say."""
    from hashlib import sha1

    found: list[Irregularity] = []
    previous = "-"
    for each in reading.entries:
        document = each.migration.up.document
        headers, body = _headers(document.text)
        if "Hash" not in headers:
            previous = ""
            continue
        before = headers.get("Previous", "-")
        seed = "" if before == "-" else before
        hashed = f"{seed}\n{body.strip()}".strip() + "\n"
        digest = sha1(hashed.encode(), usedforsecurity=False).hexdigest()
        told = None
        if "AllowInvalidHash" not in headers and headers["Hash"] != f"sha1:{digest}":
            told = "its text is not the one that was committed, and graphile-migrate stops"
        elif previous and before != previous:
            told = "it does not follow the file before it, and graphile-migrate stops"
        if told is not None:
            remedy = "put the committed text back, and change what it did in a new migration"
            found.append(Irregularity(Disorder.MANIFEST, each.migration.id, document.path, "", told, remedy))
        previous = headers["Hash"]
    return found


def _headers(text: str) -> tuple[dict[str, str], str]:
    found: dict[str, str] = {}
    rest = text
    while rest.startswith("--!"):
        line, _, rest = rest.partition("\n")
        match = _HEADER.match(line)
        if match is not None:
            found[match.group(1)] = (match.group(2) or "").strip()
    return found, rest


SOURCE = GraphileMigrate()
