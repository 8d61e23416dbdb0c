"""From a changeSet to a migration: its statements, its rollback, its transaction."""

from __future__ import annotations

import re

from msgspec import Struct
from msgspec.structs import replace

from migration_lint.model import Document, DownOrigin, Error, Script, TransactionMode
from migration_lint.sources.folder import real
from migration_lint.sources.scripts import entry
from migration_lint.sources.source import Entry
from migration_lint.sources.tools.liquibase.changelog import ChangeSet
from migration_lint.sources.tools.liquibase.files import Files, OutsideError
from migration_lint.sources.tools.liquibase.filters import Filter
from migration_lint.sources.tools.liquibase.rendering import inverse, render
from migration_lint.sources.tools.liquibase.rendering.change import ChangeError, Rendering, said
from migration_lint.sources.tools.liquibase.rendering.code import BodyCutError, statements
from migration_lint.sources.tools.liquibase.rendering.dialect import Dialect
from migration_lint.sources.tools.liquibase.splitting import has_several
from migration_lint.sources.tools.liquibase.tree import Node, Text, joined

_NO_CHANGES = frozenset({"preconditions", "comment", "rollback", "validchecksum", "modifysql"})
_ATTRIBUTES = frozenset(
    {
        "id",
        "author",
        "context",
        "contextfilter",
        "labels",
        "dbms",
        "runonchange",
        "runalways",
        "alwaysrun",
        "failonerror",
        "onvalidationfail",
        "runintransaction",
        "logicalfilepath",
        "objectquotingstrategy",
        "created",
        "runorder",
        "ignore",
        "runwith",
        "runwithspoolfile",
        "changes",
    }
)
_WHOLE = frozenset(
    {"createProcedure", "createFunction", "createTrigger", "createPackage", "createPackageBody"}
)
_GROUP = re.compile(r"\$(\d)")


class Built(Struct, frozen=True):
    """The migration, the files that its changes name, and what of it is not known."""

    entry: Entry
    named: tuple[str, ...]
    errors: tuple[Error, ...]


def built(one: ChangeSet, others: dict[str, ChangeSet], files: Files, run: Filter, id: str) -> Built:
    """The migration of a changeSet; `others` are all of the history by `ChangeSet.key`."""
    return _Builder(one, others, files, run).built(id)


def changes_of(node: Node) -> list[Node]:
    """The changes of a changeSet or rollback, in order."""
    found: list[Node] = []
    for child in node.children:
        name = child.name.lower()
        if name == "changes":
            found += child.children
        elif not child.attribute and name not in _NO_CHANGES and name not in _ATTRIBUTES:
            found.append(child)
    return found


class _Builder:
    def __init__(self, one: ChangeSet, others: dict[str, ChangeSet], files: Files, run: Filter) -> None:
        self._one = one
        self._others = others
        self._files = files
        self._run = run
        self._errors: list[Error] = []
        self._named: dict[str, str] = {}
        self._texts: dict[str, Document] = {}
        quoting = (one.node.get("objectQuotingStrategy") or "LEGACY").upper()
        apart = one.node.child("modifySql") is not None
        self._rendering = Rendering(Dialect(run.database, quoting), self._open, apart)

    def built(self, id: str) -> Built:
        one = self._one
        changes = [change for change in changes_of(one.node) if self._is_for_us(change)]
        up = self._lone_file(changes)
        if up is None:
            up = self._script(
                one.document,
                self._statements(changes, one.node, one.node.child("changes")),
                self._mode(changes),
            )
        down, origin = self._down(changes)
        for name, offset in one.missing:
            line = one.document.line_of(offset)
            message = f"no value is set for the property ${{{name}}}: Liquibase runs it as it is written"
            self._errors.append(Error(one.document.path, line, message))
        repeatable = one.node.flag("runOnChange") or one.node.flag("runAlways")
        up = replace(up, repeatable=repeatable)
        made = entry(
            "liquibase",
            id,
            up,
            down,
            files=(one.document.path, *self._named.values()),
            aliases=(one.key, f"{one.id}::{one.author}", one.id),
            down_origin=origin,
        )
        return Built(made, tuple(self._named.values()), tuple(dict.fromkeys(self._errors)))

    def _is_for_us(self, change: Node) -> bool:
        return self._run.database_matches(change.get("dbms"))

    def _script(self, document: Document, texts: list[Text], mode: TransactionMode) -> Script:
        parts: list[Text] = []
        for number, text in enumerate(texts):
            if number:
                parts.append(_separator(texts[number - 1]))
            parts.append(text)
        whole = joined(parts)
        if not whole.value:
            return Script(document, "", mode, offset=self._one.node.start)
        return Script(document, whole.value, mode, pieces=whole.pieces)

    def _lone_file(self, changes: list[Node]) -> Script | None:
        """The script of a changeSet that only runs a file: its statements stand there."""
        if len(changes) != 1 or changes[0].name != "sqlFile" or self._one.node.child("modifySql") is not None:
            return None
        change = changes[0]
        try:
            path = change.get("path")
            if path is None:
                return None
            document = self._open(path, change.flag("relativeToChangelogFile"), change.get("encoding"))
            size = len(document.text)
            text = self._filled(document, Text(document.text, ((0, 0, size),) if size else ()))
            return self._script(
                document, list(statements(change, text, self._rendering)), self._mode(changes)
            )
        except BodyCutError as problem:
            document = self._texts[real(next(iter(self._named.values())))]
            self._errors.append(Error(document.path, document.line_of(problem.offset), str(problem)))
            return Script(document, "", self._mode(changes))
        except ChangeError:
            return None  # said again, in its place, by the usual way

    def _filled(self, document: Document, text: Text) -> Text:
        def missing(name: str, offset: int) -> None:
            message = f"no value is set for the property ${{{name}}}: Liquibase runs it as it is written"
            self._errors.append(Error(document.path, document.line_of(offset), message))

        return self._one.properties.filled(text, missing) if "${" in text.value else text

    def _statements(self, changes: list[Node], *outer: Node | None) -> list[Text]:
        """The statements of changes; comments before a change, or one of `outer`, before its first."""
        found: list[Text] = []
        notes = [note for node in outer if node is not None for note in node.notes]
        for change in changes:
            notes += change.notes
            rendered = [text for text in self._rendered(change) if text.value.strip()]
            if rendered:
                rendered[0] = joined([*_comments(notes), rendered[0]])
                notes = []
            found += rendered
        return found

    def _rendered(self, change: Node) -> list[Text]:
        try:
            return self._modified(render(change, self._rendering), change, rollback=False)
        except BodyCutError as problem:
            self._tell(problem.offset, problem)
        except ChangeError as problem:
            self._tell(change.start, problem)
        return []

    def _tell(self, offset: int, problem: ChangeError) -> None:
        document = self._one.document
        self._errors.append(Error(document.path, document.line_of(offset), str(problem)))

    def _mode(self, changes: list[Node]) -> TransactionMode:
        """One transaction for a changeSet, unless it says otherwise or another program runs it."""
        node = self._one.node
        if node.flag("runInTransaction", default=True) and node.get("runWith") is None:
            return TransactionMode.ONE
        if len(changes) == 1 and not changes[0].flag("splitStatements", default=True):
            text = changes[0].text or changes[0].text_of("sql")
            if text is None or has_several(text.value):
                return TransactionMode.NONE
        return TransactionMode.EACH

    def _down(self, changes: list[Node]) -> tuple[Script | None, DownOrigin]:
        mode = self._mode(changes) if self._one.node.get("runWith") is None else TransactionMode.EACH
        written = [child for child in self._one.node.children if child.name.lower() == "rollback"]
        if written:
            texts = [text for rollback in written for text in self._rollback(rollback)]
            return self._script(self._one.document, texts, mode), DownOrigin.WRITTEN
        found: list[Text] = []
        for change in reversed(changes):
            undone = inverse(change, self._rendering)
            if undone is None:
                return None, DownOrigin.NONE
            found += self._modified(undone, change, rollback=True)
        return self._script(self._one.document, found, mode), DownOrigin.DERIVED

    def _rollback(self, rollback: Node) -> list[Text]:
        id = rollback.get("changeSetId")
        if id is not None:
            return self._of_other(rollback, id)
        found: list[Text] = []
        text = rollback.text
        if text is not None and not text.value.strip().lower().startswith(("not required", "empty")):
            found += self._statements([replace(rollback, name="sql")])
        for child in rollback.children:
            if child.name.lower() == "rollback":  # a list of texts
                found += self._rollback(child)
        changes = [change for change in changes_of(rollback) if self._is_for_us(change)]
        return found + self._statements(changes, rollback if text is None else None)

    def _of_other(self, rollback: Node, id: str) -> list[Text]:
        author = rollback.get("changeSetAuthor") or self._one.author
        path = rollback.get("changeSetPath")
        wanted = [f"{path or self._one.path}::{id}::{author}"]
        if path is not None:
            wanted.append(f"{self._files.logical(path)}::{id}::{author}")
        other = next((self._others[key] for key in wanted if key in self._others), None)
        if other is None:
            near = [one for one in self._others.values() if one.id == id and one.author == author]
            other = near[0] if len(near) == 1 else None
        if other is None:
            self._tell(
                rollback.start, ChangeError(f"rolls back to a changeSet {id} of {author} that is not there")
            )
            return []
        builder = _Builder(other, self._others, self._files, self._run)
        changes = [change for change in changes_of(other.node) if self._is_for_us(change)]
        texts = builder._statements(changes)
        self._named.update(builder._named)
        return [said(text.value, rollback) for text in texts]

    def _modified(self, texts: list[Text], change: Node, *, rollback: bool) -> list[Text]:
        """The statements after the changeSet's ``modifySql``."""
        for modify in self._one.node.all("modifySql"):
            if not self._run.database_matches(modify.get("dbms")) or (
                rollback and not modify.flag("applyToRollback")
            ):
                continue
            for step in modify.children:
                if not step.attribute:
                    texts = [_changed(text, step, change) for text in texts]
        return texts

    def _open(self, written: str, relative: bool, encoding: str | None) -> Document:
        try:
            path = self._files.find(written, self._one.document.path if relative else None)
        except OutsideError:
            raise ChangeError(f"{written} lies outside the repository: it is not read") from None
        if path is None:
            raise ChangeError(f"{written}: no such file")
        self._named.setdefault(real(path), path)
        document = self._files.read(path, encoding)
        if isinstance(document, Error):
            raise ChangeError(f"{path}: {document.message}")
        self._texts[real(path)] = document
        return document


def _changed(text: Text, step: Node, change: Node) -> Text:
    value = step.text_of("value")
    given = value.value if value is not None else ""
    if step.name == "append":
        return joined((text, said(given, step)))
    if step.name == "prepend":
        return joined((said(given, step), text))
    old, new = step.text_of("replace"), step.text_of("with")
    if old is None:
        return text
    replacement = new.value if new is not None else ""
    if step.name == "replace":
        made = text.value.replace(old.value, replacement)
    elif step.name == "regExpReplace":
        try:
            made = re.sub(old.value, _GROUP.sub(r"\\\1", replacement), text.value)
        except re.error:
            raise ChangeError(f"{old.value!r} is a regular expression that is not understood here") from None
    else:
        return text
    return text if made == text.value else said(made, change)


def _separator(before: Text) -> Text:
    """What stands between two statements: a comment at the end of the first must not take it in."""
    last = before.value.rpartition("\n")[2]
    place = before.pieces[-1] if before.pieces else (0, 0, 0)
    end = place[1] + place[2]
    return Text("\n;\n" if "--" in last or "#" in last else ";\n", ((0, end, 0),))


def _comments(notes: list[Text]) -> list[Text]:
    """Comments of the changelog as ones of SQL, so that what they say to linters is heard."""
    found: list[Text] = []
    for note in notes:
        if note.value.strip() and "\n" not in note.value:
            at, length = note.pieces[0][1], note.pieces[-1][1] + note.pieces[-1][2] - note.pieces[0][1]
            line = f"-- {note.value.strip()}\n"
            found.append(Text(f"{line} " if len(line) == length else line, ((0, at, length),)))
    return found
