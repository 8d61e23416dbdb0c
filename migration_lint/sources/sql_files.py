"""What the tools have in common whose migrations are single files of one folder."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from migration_lint.model import Disorder, Document, DownOrigin, Error, Irregularity, Script
from migration_lint.sources.folder import Folder, base, is_link, listed
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
    """The scripts of a document; None where it has no such part.

    `errors` always count; `gaps` where the file is to be checked.
    """

    up: Script | None
    down: Script | None = None
    errors: tuple[Error, ...] = ()
    gaps: tuple[Error, ...] = ()
    down_origin: DownOrigin | None = None


class SqlFiles(Source):
    """Base of the tools that run single files of one folder, each of them a migration."""

    form: str
    """How the tool wants files to be named, for messages: ``NUMBER_name.sql``."""

    code: tuple[str, ...] = ()
    """The endings of migrations in another language: ``go``."""

    strays: tuple[str, ...] = ()
    """The endings of files that are told where the tool does not run them, beside ``sql``."""

    unique = True
    """Whether no two migrations may have the same version."""

    def named(self, file: str) -> Named | None:
        """What the tool makes of a file's name; None where it never runs it."""
        raise NotImplementedError

    def built(self, document: Document, request: Request) -> Sequence[Built]:
        """The scripts in a migration's file: one pair of up and down, or several that run one by one."""
        raise NotImplementedError

    def named_code(self, file: str) -> Named | None:
        """The same for a file in another language."""
        stem, _, ending = file.rpartition(".")
        return self.named(f"{stem}.sql") if ending in self.code else None

    def built_code(self, document: Document, request: Request) -> Sequence[Built]:
        """The scripts in a migration in another language, as far as they are understood."""
        language = _CODE.get(document.path.rpartition(".")[2], "code")
        why = f"a {language} migration: what it does is not known, and so not checked"
        return [Built(None, gaps=(Error(document.path, 1, why),))]

    def read(self, folder: Folder, request: Request) -> Sequence[Reading]:
        """One migration per file."""
        return (self.read_names(folder, [name for name in folder.files if name[0] != "."], request),)

    def read_names(
        self, folder: Folder, names: Sequence[str], request: Request, configuration: Sequence[str] = ()
    ) -> Reading:
        """The migrations among the files of these names, in the tool's order."""
        found: list[tuple[Named, str]] = []
        gaps: list[Gap] = []
        for file in names:
            named = self.named(base(file)) or self.named_code(base(file))
            if named is not None:
                found.append((named, file))
            elif _is_sql(file) or file in request.named or file.rpartition(".")[2] in self.strays:
                why = f"{self.name} never runs it: the name is not {self.form}"
                gaps.append(Gap(Error(folder.join(file), 1, why), len(names)))
        found.sort(key=lambda pair: (_key(pair[0].version), pair[1]))
        irregularities = _duplicates(self, folder, found) if self.unique else []
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
            coded = self.named(base(file)) is None
            built = self.built_code(document, request) if coded else self.built(document, request)
            made, problems = _entries(self.name, id, built, named.aliases)
            gaps += [Gap(error, len(entries)) for each in built for error in each.gaps]
            entries += made
            errors += problems
        opaque = any(gap.position < len(names) for gap in gaps)
        complete = bool(found) and _begins(found[0][0].version) and not errors and not opaque
        return Reading(
            tuple(entries), tuple(errors), tuple(gaps), complete, tuple(configuration), tuple(irregularities)
        )

    def single(self, document: Document, request: Request) -> Reading:
        """The document as a migration; what ran before it is not known."""
        coded = self.named_code(base(document.path)) is not None
        built = self.built_code(document, request) if coded else self.built(document, request)
        entries, errors = _entries(self.name, document.path, built, ())
        gaps = tuple(Gap(error, 0) for each in built for error in each.gaps)
        return Reading(tuple(entries), tuple(errors), gaps, complete=False)


def with_nested(source: SqlFiles, folder: Folder, request: Request) -> Reading:
    """The migrations in a folder and in those below it, in the tool's order."""
    names: list[str] = []
    errors: list[Error] = []
    waiting = [""]
    while waiting:
        inside = waiting.pop()
        try:
            here = listed(folder.join(inside)) if inside else folder
        except OSError as problem:
            errors.append(Error(folder.join(inside), 1, f"cannot be read: {problem.strerror or problem}"))
            continue
        lead = f"{inside}/" if inside else ""
        names += [lead + name for name in here.files if name[0] != "."]
        waiting += [lead + name for name in here.folders if name[0] != "." and not is_link(here.join(name))]
    reading = source.read_names(folder, sorted(names), request)
    return replace(reading, errors=(*reading.errors, *errors)) if errors else reading


def _entries(
    tool: str, id: str, built: Sequence[Built], aliases: Sequence[str]
) -> tuple[list[Entry], list[Error]]:
    entries: list[Entry] = []
    errors: list[Error] = []
    for each in built:
        errors += each.errors
        if each.up is not None:
            own = f"{id} ({len(entries) + 1})" if entries else id
            names = () if entries else aliases
            entries.append(entry(tool, own, each.up, each.down, aliases=names, down_origin=each.down_origin))
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
