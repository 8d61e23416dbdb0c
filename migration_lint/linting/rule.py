"""What a rule is: one hazard with one remedy, in one file of ``rules/``.

The file's name is the rule's id (``create_index_blocks_writes.py`` is ``create-index-blocks-writes``),
its class has the docstring that is its page: a title line, the reason, and ``Given:``, ``Bad:`` and
``Good:`` blocks of SQL that the tests run through the linter and on a real server.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from migration_lint.effects import Effect
from migration_lint.findings import Confidence, Finding, Fix, Severity
from migration_lint.model import Disorder, History, Irregularity, Span, Stall, Step
from migration_lint.placeholders import restored


class Rule:
    """Base of every rule. A rule keeps nothing between calls."""

    id: str
    """Set by the loader, from the file's name."""

    severity: ClassVar[Severity] = Severity.ERROR
    down_severity: ClassVar[Severity | None] = None
    """The severity in a down script, where it differs: undoing what up did is a down script's job.

    ``Severity.NOTE`` keeps it out of the way. None: as `severity`.
    """
    confidence: ClassVar[Confidence] = Confidence.CERTAIN
    engines: ClassVar[tuple[str, ...]] = ("postgres",)
    once: ClassVar[bool] = False
    """Asks for one thing per script: only its first finding counts."""
    answered_by: ClassVar[tuple[str, ...]] = ()
    """Words by which another finding of the same statement says, or does, what this rule asks for."""
    about_work: ClassVar[bool] = False
    """Its findings are about work that others tell of too: with their safe way the work is gone."""
    of_what_is_read: ClassVar[bool] = False
    """It holds only where all before it could be read: something unread may have made it otherwise."""
    pedantic: ClassVar[bool] = False
    """An opinion: off unless ``--pedantic`` or its name asks for it."""
    breaks_code: ClassVar[bool] = False
    """Code that is deployed now may fail, or do something else, once the migration has run."""
    since: ClassVar[str] = "0.1.0"
    """The version of migration-lint that brought the rule."""
    aliases: ClassVar[tuple[str, ...]] = ()
    """Its counterparts, as ``tool:name``: ``squawk:ban-drop-column``, ``eugene:E6``."""
    on: ClassVar[tuple[type[Effect], ...]] = ()
    """`check` is called only for steps with an effect of one of these kinds; empty: for every step."""
    options: ClassVar[dict[str, int | str | bool]] = {}
    """Settings with their defaults, under ``[rules.<id>]`` in the configuration."""

    def __init__(self, settings: dict[str, int | str | bool] | None = None) -> None:
        self.settings = {**self.options, **(settings or {})}

    def check(self, step: Step) -> Iterator[Finding]:
        """Findings of one statement."""
        return iter(())

    def finish(self, steps: Sequence[Step]) -> Iterator[Finding]:
        """Findings of a whole script (up or down), for what no single statement shows."""
        return iter(())

    def finding(
        self,
        step: Step,
        effect: Effect | None = None,
        *,
        why: str,
        instead: str,
        relation: str | None = None,
        because: Sequence[Effect] = (),
        confidence: Confidence | None = None,
        severity: Severity | None = None,
        fix: Fix | None = None,
    ) -> Finding:
        """A finding at the clause of `effect`, or at the statement.

        `why` is lower case, one line, the victim first. `instead` is an order, then a blank line
        and SQL that can be pasted, where there is SQL. `because` are the effects explained; an
        effect that is not certain makes the finding `likely`.
        """
        explained = tuple(because) or ((effect,) if effect is not None else ())
        if confidence is None:
            sure = all(e.certain for e in explained)
            confidence = self.confidence if sure else Confidence.LIKELY
        if severity is None:
            severity = self.severity
            if step.direction.value == "down" and self.down_severity is not None:
                severity = self.down_severity
        return Finding(
            rule=self.id,
            severity=severity,
            confidence=confidence,
            span=step.span_of(effect),
            migration=step.migration,
            relation=relation if relation is not None else getattr(effect, "relation", ""),
            why=restored(why, step.sql),
            instead=restored(instead, step.sql),
            because=explained,
            fix=fix,
            direction=step.direction,
        )


class HistoryRule(Rule):
    """Base of the rules about a history as a whole: one finding for each irregularity of their kinds."""

    engines = ("postgres", "mysql", "mariadb")
    disorders: ClassVar[tuple[Disorder, ...]] = ()
    of_targets: ClassVar[bool] = False
    """Only what is new in this change is told of."""

    def explained(self, found: Irregularity) -> tuple[str, str]:
        """What is wrong, and what to do instead."""
        raise NotImplementedError

    def check_history(self, history: History) -> Iterator[Finding]:
        """A finding at the file that each irregularity is about."""
        for found in history.irregularities:
            told = not self.of_targets or found.migration in history.targets
            if found.disorder in self.disorders and told:
                why, instead = self.explained(found)
                yield Finding(
                    rule=self.id,
                    severity=self.severity,
                    confidence=self.confidence,
                    span=_place(history, found),
                    migration=found.migration,
                    relation="",
                    why=why,
                    instead=instead,
                )


def _place(history: History, found: Irregularity) -> Span:
    """The line to blame; the file's first character where the file is gone."""
    for migration in history.migrations:
        document = migration.up.document
        if document.path == found.path:
            start = document.offset_of(found.line)
            return document.span(start, start + len(document.line(document.line_of(start))))
    return Span(found.path, 0, 0, found.line, 1, found.line, 1)


class Backstop(Rule):
    """The rule for every stall that no other rule explained: it runs last, on what is left."""

    def check_unexplained(self, step: Step, stalls: Sequence[Stall]) -> Iterator[Finding]:
        """Findings of the stalls of one statement that no other finding's `because` holds."""
        return iter(())
