"""What the tools have in common whose migrations are single files of one folder."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from migration_lint.model import Disorder, Document, Error, Irregularity, Script
from migration_lint.sources.folder import Folder
from migration_lint.sources.natural import begins, leading_number
from migration_lint.sources.scripts import entry
from migration_lint.sources.source import Entry, Gap, Reading, Request, Source
from migration_lint.sources.text import read

Version = int | str | tuple[int, ...]

_CODE = {
    "cjs": "JavaScript",
    "fizz": "fizz",
    "go": "Go",
    "js": "JavaScript",
    "mjs": "JavaScript",
    "py": "Python",
    "rs": "Rust",
    "ts": "TypeScript",
}


class Named(Struct, frozen=True):
    """What a tool makes of a file's name: `version` is what it orders by, `aliases` other names of it."""

    id: str
    version: Version
    aliases: tuple[str, ...] = ()


class Built(Struct, frozen=True):
    """The scripts of a document; None where it has no such part."""

    up: Script | None
    down: Script | None = None
    errors: tuple[Error, ...] = ()


class SqlFiles(Source):
    """Base of the tools that run single files of one folder, each of them a migration."""

    form: str
    """How the tool wants files to be named, for messages: ``NUMBER_name.sql``."""

    code: tuple[str, ...] = ()
    """The endings of migrations in another language: ``go``."""

    unique = True
    """Whether no two migrations may have the same version."""

    def named(self, file: str) -> Named | None:
        """What the tool makes of a file's name; None where it never runs it."""
        raise NotImplementedError

    def built(self, document: Document, request: Request) -> Sequence[Built]:
        """The scripts in a migration's file: one pair of up and down, or several that run one by one."""
        raise NotImplementedError

    def read(self, folder: Folder, request: Request) -> Sequence[Reading]:
        """One migration per file."""
        return (self.read_names(folder, [name for name in folder.files if name[0] != "."], request),)

    def read_names(
        self, folder: Folder, names: Sequence[str], request: Request, configuration: Sequence[str] = ()
    ) -> Reading:
        """The migrations among the files of these names, in the tool's order."""
        found: list[tuple[Named, str]] = []
        opaque: list[tuple[Named, str]] = []
        gaps: list[Gap] = []
        for file in names:
            stem, _, ending = file.rpartition(".")
            named = self.named(file)
            if named is not None:
                found.append((named, file))
            elif ending in self.code and (coded := self.named(f"{stem}.sql")) is not None:
                opaque.append((coded, file))
            elif _is_sql(file) or file in request.named:
                why = f"{self.name} never runs it: the name is not {self.form}"
                gaps.append(Gap(Error(folder.join(file), 1, why), len(names)))
        found.sort(key=lambda pair: (_key(pair[0].version), pair[1]))
        irregularities = _duplicates(self, folder, [*found, *opaque]) if self.unique else []
        entries: list[Entry] = []
        errors: list[Error] = []
        ids: set[str] = set()
        for named, file in found:
            document = read(folder.join(file), request.encoding)
            if isinstance(document, Error):
                errors.append(document)
                continue
            id = file if named.id in ids else named.id
            ids.add(id)
            made, problems = _entries(self.name, id, self.built(document, request), named.aliases)
            entries += made
            errors += problems
        for named, file in opaque:
            before = sum(_key(other.version) < _key(named.version) for other, _ in found)
            language = _CODE.get(file.rpartition(".")[2], "code")
            why = f"a {language} migration: what it does is not known, and so not checked"
            gaps.append(Gap(Error(folder.join(file), 1, why), before))
        complete = bool(found) and _begins(found[0][0].version) and not errors and not opaque
        return Reading(
            tuple(entries), tuple(errors), tuple(gaps), complete, tuple(configuration), tuple(irregularities)
        )

    def single(self, document: Document, request: Request) -> Reading:
        """The document as a migration; what ran before it is not known."""
        entries, errors = _entries(self.name, document.path, self.built(document, request), ())
        return Reading(tuple(entries), tuple(errors), complete=False)


def _entries(
    tool: str, id: str, built: Sequence[Built], aliases: Sequence[str]
) -> tuple[list[Entry], list[Error]]:
    entries: list[Entry] = []
    errors: list[Error] = []
    for each in built:
        errors += each.errors
        if each.up is not None:
            own = f"{id} ({len(entries) + 1})" if entries else id
            entries.append(entry(tool, own, each.up, each.down, aliases=() if entries else aliases))
    return entries, errors


def plain(file: str, version: str) -> Named:
    """A name that begins with a number: ``0012_add_email.sql``."""
    return Named(file[:-4] if _is_sql(file) else file, int(version), (version, str(int(version)), file))


def _is_sql(file: str) -> bool:
    return file[-4:].lower() == ".sql"


def _key(version: Version) -> tuple[int, tuple[int, ...], str]:
    """Numbers before text, as no tool mixes them and means something by it."""
    if isinstance(version, int):
        return 0, (version,), ""
    return (0, version, "") if isinstance(version, tuple) else (1, (), version)


def _begins(version: Version) -> bool:
    if isinstance(version, tuple):
        return begins(version[0])
    return begins(version if isinstance(version, int) else leading_number(version))


def _duplicates(source: SqlFiles, folder: Folder, found: Sequence[tuple[Named, str]]) -> list[Irregularity]:
    first: dict[tuple[int, tuple[int, ...], str], str] = {}
    taken = []
    for named, file in sorted(found, key=lambda pair: pair[1]):
        key = _key(named.version)
        if key in first:
            taken.append(
                Irregularity(Disorder.DUPLICATE, named.id, folder.join(file), first[key], source.duplicate)
            )
        first.setdefault(key, file)
    return taken
