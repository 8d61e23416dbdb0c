"""The nouns of the outcome: what the rules found, what the checks answered, and the decision.

`Step` → rules → `Finding` → `Report` → `Decision`
"""

from __future__ import annotations

from enum import Enum

from msgspec import Struct, field

from migration_lint.effects import Effect
from migration_lint.model import Direction, Document, Error, Span, Step


class Severity(Enum):
    """error: can stop production or lose data; warning: can under load; note: advice or opinion."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Confidence(Enum):
    """How sure a finding is: `possible` where the catalog could not tell."""

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"


class Edit(Struct, frozen=True):
    """Replace ``text[start:end]`` (characters of the file) by `text`."""

    path: str
    start: int
    end: int
    text: str


class Fix(Struct, frozen=True):
    """A mechanical correction. `safety` is ``safe`` or ``unsafe``; `files` are (path, text) to add."""

    title: str
    safety: str
    edits: tuple[Edit, ...] = ()
    files: tuple[tuple[str, str], ...] = ()


class Suppressed(Struct, frozen=True):
    """Why a finding does not count: by a comment, the configuration or the baseline."""

    by: str
    reason: str | None
    line: int | None = None


class Finding(Struct, frozen=True):
    """One hazard at one place. `why` names the victim; `instead` is the safe way, SQL included.

    `because` are the effects that it explains; the backstop rule reports a stall that no finding
    explains.
    """

    rule: str
    severity: Severity
    confidence: Confidence
    span: Span
    migration: str
    relation: str
    why: str
    instead: str
    because: tuple[Effect, ...] = ()
    fix: Fix | None = None
    suppressed: Suppressed | None = None
    fingerprint: str = ""
    direction: Direction = Direction.UP


class Status(Enum):
    """The answer of a check. Unknown never passes."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    WAIVED = "waived"


class Verdict(Struct, frozen=True):
    """A check's answer with its evidence; `at` is ISO 8601.

    `title` is the check as a sentence that is true when it passes. Where it is not `required`, the
    answer only advises.
    """

    check: str
    status: Status
    why: str
    evidence: dict[str, object] = field(default_factory=dict)
    at: str = ""
    title: str = ""
    required: bool = True

    @property
    def blocks(self) -> bool:
        """Whether the answer stops the migration. Unknown does as much as failed."""
        return self.required and self.status in (Status.FAILED, Status.UNKNOWN)


class Summary(Struct, frozen=True):
    """Counts. `suppressed` findings are not in the others."""

    migrations: int = 0
    statements: int = 0
    error: int = 0
    warning: int = 0
    note: int = 0
    suppressed: int = 0


class Decision(Struct, frozen=True):
    """Whether the migration may go on, and why not."""

    allowed: bool
    because: tuple[str, ...] = ()


class Report(Struct, frozen=True):
    """Everything one run found out."""

    engine: str
    engine_version: str
    findings: tuple[Finding, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    errors: tuple[Error, ...] = ()
    summary: Summary = Summary()
    decision: Decision = Decision(allowed=False, because=("nothing was decided",))
    documents: dict[str, Document] = field(default_factory=dict)
    """By path, for code frames; not part of the JSON."""
    steps: tuple[Step, ...] = ()
    """What the judged scripts do, where a format shows it; not part of the JSON."""
