"""From a script location to its history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from migration_lint.model import Disorder, Document, DownOrigin, Error, Irregularity, Script, TransactionMode
from migration_lint.sources.derived import script
from migration_lint.sources.folder import Folder, base, listed
from migration_lint.sources.scripts import entry
from migration_lint.sources.source import Entry, Gap, Reading, Request
from migration_lint.sources.text import read as read_text
from migration_lint.sources.tools.alembic.body import Body, follow
from migration_lint.sources.tools.alembic.configuration import Configuration, configuration_of
from migration_lint.sources.tools.alembic.revisions import Revision, heads, ordered, revision

_TOOL = "alembic"
_HINT = "not read without running it; --render asks Alembic for its SQL"


def read(folder: Folder, request: Request) -> Reading:
    """The revisions of the folder's configuration, in order."""
    found = configuration_of(folder.path)
    errors = list(found.errors)
    gaps: list[Gap] = []
    known: dict[str, Revision] = {}
    irregularities: list[Irregularity] = []
    for path in _files(found, request, folder, errors, gaps):
        document = read_text(path, request.encoding)
        made = document if isinstance(document, Error) else revision(document)
        if isinstance(made, Error):
            errors.append(made)
        elif made is None:
            gaps.append(Gap(Error(path, 1, "no revision is set in it: Alembic does not run it"), len(known)))
        elif made.id in known:
            first = known[made.id]
            irregularities.append(_duplicate(made, first))
            message = f"{base(first.path)} has the revision {made.id} as well"
            gaps.append(Gap(Error(path, made.line, message), len(known)))
        else:
            known[made.id] = made
    in_order, wrong = ordered(known)
    errors += wrong
    ends = heads(known)
    if len(ends) > 1 and not _are_branches(ends, known):
        irregularities += [_head(end, ends[0]) for end in ends[1:]]
    entries: list[Entry] = []
    for each in in_order:
        made_entry, missing = _entry(each, found.transactional)
        gaps += [Gap(error, len(entries)) for error in missing]
        entries.append(made_entry)
    complete = not errors and not any(gap.error.path in known_paths(known) for gap in gaps)
    return Reading(tuple(entries), tuple(errors), tuple(gaps), complete, found.files, tuple(irregularities))


def known_paths(known: dict[str, Revision]) -> set[str]:
    """The files of the revisions."""
    return {each.path for each in known.values()}


def single(document: Document) -> Reading:
    """A document as the only revision."""
    made = revision(document)
    if made is None:
        made = Error(document.path, 1, "no revision is set in it: Alembic does not run it")
    if isinstance(made, Error):
        return Reading(errors=(made,), complete=False)
    made_entry, missing = _entry(made, transactional=True)
    return Reading((made_entry,), gaps=tuple(Gap(error, 0) for error in missing), complete=False)


def _files(
    found: Configuration, request: Request, folder: Folder, errors: list[Error], gaps: list[Gap]
) -> Iterator[str]:
    """The Python files of the version folders; what else may be SQL is told."""
    waiting = list(found.versions)
    while waiting:
        path = waiting.pop(0)
        try:
            versions = listed(path)
        except OSError as problem:
            errors.append(Error(path, 1, f"cannot be read: {problem.strerror or problem}"))
            continue
        for name in versions.files:
            if name.endswith(".py"):
                if name != "__init__.py" and not name.startswith(".#"):
                    yield versions.join(name)
            elif name[-4:].lower() == ".sql":
                message = "Alembic runs Python files; whether one of them runs this is not known"
                gaps.append(Gap(Error(versions.join(name), 1, message), len(gaps)))
        if found.recursive:
            waiting += [versions.join(name) for name in versions.folders if name != "__pycache__"]


def _entry(each: Revision, transactional: bool) -> tuple[Entry, list[Error]]:
    up, errors = _script(each, "upgrade", transactional)
    down, more = _script(each, "downgrade", transactional)
    stem = base(each.path).removesuffix(".py")
    if up is None:
        up = Script(each.module.document, "", mode_of(transactional))
    if down is not None and not down.sql.strip() and up.sql.strip() and not more:
        down = None
    origin = DownOrigin.NONE if down is None else DownOrigin.WRITTEN
    return entry(_TOOL, each.id, up, down, aliases=(stem,), down_origin=origin), errors + more


def mode_of(transactional: bool) -> TransactionMode:
    """How a revision runs."""
    return TransactionMode.ONE if transactional else TransactionMode.EACH


def _script(each: Revision, name: str, transactional: bool) -> tuple[Script | None, list[Error]]:
    function = each.function(name)
    document = each.module.document
    if function is None:
        told = [] if name == "downgrade" else [Error(each.path, 1, "it has no function upgrade()")]
        return None, told
    body: Body = follow(each.module, function, each.scope)
    if body.refuses and name == "downgrade":
        return None, []
    if body.refuses:
        return None, [Error(each.path, each.module.line(function), "upgrade() raises an error at once")]
    errors = [Error(each.path, unread.line, f"{unread.what}: {_HINT}") for unread in body.unread]
    first, last = each.module.bounds(function)
    comments = [
        comment for comment in each.module.comments() if _belongs(comment.start, comment.text, first, last)
    ]
    mode = mode_of(transactional)
    begin = first + len("def ")
    return script(document, body.statements, comments, mode, begin), errors


def _belongs(at: int, text: str, first: int, last: int) -> bool:
    """A comment inside the function, or one for the whole file."""
    return first <= at <= last or "ignore-file" in text.split("[")[0]


def _are_branches(ends: Sequence[Revision], known: dict[str, Revision]) -> bool:
    """Whether the heads are meant: all but one at most belong to a labelled branch of their own."""
    labels: dict[str, frozenset[str]] = {}
    for each in ordered(known)[0]:
        own = frozenset(each.labels)
        labels[each.id] = (
            own.union(*(labels.get(name, frozenset()) for name in each.down)) if each.down else own
        )
    found = [labels[end.id] for end in ends]
    if sum(1 for each in found if not each) > 1:
        return False
    named = [each for each in found if each]
    return all(not one & other for number, one in enumerate(named) for other in named[:number])


def _head(end: Revision, first: Revision) -> Irregularity:
    return Irregularity(
        Disorder.HEADS,
        end.id,
        end.path,
        first.id,
        consequence="`alembic upgrade head` refuses to run while there are several heads",
        remedy=f"let it come after the other one (down_revision = {first.id!r}), or run "
        f"`alembic merge {first.id} {end.id}`",
        line=end.down_line,
    )


def _duplicate(second: Revision, first: Revision) -> Irregularity:
    return Irregularity(
        Disorder.DUPLICATE,
        second.id,
        second.path,
        first.id,
        consequence="Alembic warns, and takes one of them",
        remedy="give one of them a revision of its own",
        line=second.line,
    )
