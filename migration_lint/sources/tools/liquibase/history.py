"""Which changelogs a folder's history begins with, and what is in none of them."""

from __future__ import annotations

import re

from migration_lint.model import Disorder, Document, Error, Irregularity
from migration_lint.sources.folder import Folder, base, head, is_file, real
from migration_lint.sources.source import Entry, Gap, Reading, Request
from migration_lint.sources.tools.liquibase.change_sets import built
from migration_lint.sources.tools.liquibase.changelog import ChangeSet, Run, walk
from migration_lint.sources.tools.liquibase.changelogs import Changelogs, candidates, kind_of
from migration_lint.sources.tools.liquibase.configuration import Configuration
from migration_lint.sources.tools.liquibase.detection import HEADER, MARK
from migration_lint.sources.tools.liquibase.files import Files, OutsideError, files_of
from migration_lint.sources.tools.liquibase.preconditions import described, undecided

_MASTER = re.compile(
    r"(?:.*[._-])?(?:master|root|main|index)(?:[._-].*)?\Z|(?:db[._-])?changelog\Z", re.IGNORECASE
)


def read(folder: Folder, configuration: Configuration, request: Request) -> list[Reading]:
    """The history, and those of changelogs that nothing else includes beside it."""
    files = files_of(folder.path, configuration.search_path, request.encoding)
    changelogs = Changelogs(files)
    try:
        there = list(candidates(folder.path))
    except OSError as problem:
        return [Reading(errors=(Error(folder.path, 1, f"cannot be read: {problem.strerror or problem}"),))]
    ours = [path for path in there if _is_changelog(path)]
    entries, problems = _entries(ours, changelogs, configuration, files)
    found: list[Reading] = []
    seen: set[str] = set()
    for group in entries:
        run = walk(changelogs, group, configuration.run, dict(configuration.parameters))
        reading, named = _reading(run, files, configuration)
        seen |= set(run.seen) | named
        found.append(reading)
    strays = [
        Gap(
            Error(path, 1, "no changelog includes it: Liquibase never runs it"),
            len(found[0].entries) if found else 0,
        )
        for path in there
        if kind_of(path) == "sql" and real(path) not in seen
    ]
    errors = (*configuration.errors, *problems)
    if not found:
        return [Reading((), errors, tuple(strays))]
    main = found[0]
    found[0] = Reading(
        main.entries,
        (*errors, *main.errors),
        (*main.gaps, *strays),
        main.complete and not errors,
        main.configuration,
        main.irregularities,
    )
    return found


def single(document: Document, configuration: Configuration) -> Reading:
    """A changelog that lies in no folder."""
    files = files_of(".", (), None)
    run = walk(
        Changelogs(files, document), [document.path], configuration.run, dict(configuration.parameters)
    )
    reading, _ = _reading(run, files, configuration)
    return Reading(reading.entries, reading.errors, reading.gaps, False, (), reading.irregularities)


def _is_changelog(path: str) -> bool:
    start = head(path)
    if kind_of(path) == "sql":
        first = next((line for line in start.split("\n") if line.strip()), "")
        return HEADER.match(first) is not None
    return MARK.search(start) is not None or ("databaseChangeLog" in base(path))


def _entries(
    ours: list[str], changelogs: Changelogs, configuration: Configuration, files: Files
) -> tuple[list[list[str]], list[Error]]:
    """Groups of changelogs to begin with, each group a history, the main one first."""
    problems: list[Error] = []
    chosen: str | None = None
    if configuration.changelog is not None:
        try:
            chosen = files.find(configuration.changelog, None)
        except OutsideError:
            chosen = None
        if chosen is None or not is_file(chosen):
            place = configuration.path or files.folder
            problems.append(
                Error(place, 1, f"{configuration.changelog}: the changelog that it names is not there")
            )
            chosen = None
    included: set[str] = set()
    masters: set[str] = set()
    for path in ours:
        inner = changelogs.included(path) - {real(path)}
        included |= inner
        if inner:
            masters.add(real(path))
    roots = [path for path in ours if real(path) not in included]
    if chosen is not None:
        reached = _reached(chosen, changelogs)
        rest = [path for path in roots if real(path) not in reached]
        return [[chosen], *([path] for path in rest)], problems
    if not roots and ours:  # all in a loop
        roots = sorted(ours, key=lambda path: (_MASTER.match(_stem(path)) is None, path))[:1]
    first = [path for path in roots if real(path) in masters]
    if not first:
        return ([roots] if roots else []), problems
    first.sort(key=lambda path: (_MASTER.match(_stem(path)) is None, path))
    rest = [path for path in roots if path not in first]
    return [[path] for path in (*first, *rest)], problems


def _reached(path: str, changelogs: Changelogs) -> set[str]:
    found: set[str] = set()
    waiting = [real(path)]
    while waiting:
        place = waiting.pop()
        if place not in found:
            found.add(place)
            waiting += changelogs.included(place)
    return found


def _stem(path: str) -> str:
    return base(path).rpartition(".")[0]


def _reading(run: Run, files: Files, configuration: Configuration) -> tuple[Reading, set[str]]:
    entries: list[Entry] = []
    gaps: list[Gap] = []
    wrong: list[Irregularity] = []
    others = {one.key: one for one in reversed(run.change_sets)}
    ids: set[str] = set()
    named: set[str] = set()
    for one in run.change_sets:
        id, number = one.key, 1
        while id in ids:
            number += 1
            id = f"{one.key} ({number})"
        ids.add(id)
        if number > 1:
            line = one.document.line_of(one.node.start)
            wrong.append(
                Irregularity(
                    Disorder.DUPLICATE,
                    id,
                    one.document.path,
                    one.key,
                    "Liquibase stops before it runs anything",
                    "give it another id, or include its changelog once",
                    line,
                )
            )
        if (conditional := _conditional(one, configuration, id)) is not None:
            wrong.append(conditional)
        made = built(one, others, files, configuration.run, id)
        entries.append(made.entry)
        named |= {real(path) for path in made.named}
        gaps += [Gap(error, len(entries) - 1) for error in made.errors]
    used = {path for entry in entries for path in entry.files}
    quiet = tuple(path for path in run.seen.values() if path not in used)
    paths = (configuration.path, *quiet) if configuration.path is not None else quiet
    complete = not run.errors and not gaps
    reading = Reading(tuple(entries), tuple(run.errors), tuple(gaps), complete, paths, tuple(wrong))
    return reading, named


_OUTCOMES = {
    "MARK_RAN": "Liquibase notes it as run and never runs it",
    "CONTINUE": "Liquibase passes it over, and tries it again the next time",
    "WARN": "Liquibase warns and runs it all the same",
}


def _conditional(one: ChangeSet, configuration: Configuration, id: str) -> Irregularity | None:
    """That only a database decides whether the changeSet runs."""
    conditions = undecided(one.node, configuration.run, one.properties)
    if conditions is None:
        return None
    outcome = (conditions.get("onFail") or "HALT").upper()
    return Irregularity(
        Disorder.CONDITIONAL,
        id,
        one.document.path,
        described(conditions),
        _OUTCOMES.get(outcome, "Liquibase stops"),
        line=one.document.line_of(conditions.start),
    )
