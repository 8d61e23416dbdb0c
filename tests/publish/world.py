"""Reports made by hand, patches made by git, and the way to a service."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from msgspec import Struct, field

from migration_lint.findings import Confidence, Finding, Fix, Report, Severity, Suppressed
from migration_lint.linting.decide import decide
from migration_lint.linting.tally import tally
from migration_lint.model import Error, Span
from migration_lint.publish.github.calls import Calls
from migration_lint.publish.github.connection import connect
from migration_lint.publish.github.context import Context
from migration_lint.publish.github.publish import Places, Published, publish
from migration_lint.report.view import View

from .service import HEAD, REPOSITORY, Service

FILE = "db/V2__orders.sql"
SQL = "-- indexes for the order page\n\nCREATE INDEX orders_user_id ON orders (user_id);\nSELECT 1;\n"
EVERYWHERE = Places(check_run=True, review=True, comment=True)


def finding(line: int = 3, end_line: int | None = None, **changes: Any) -> Finding:
    """A finding whose fingerprint is made of its rule, path and reason, as real ones are of more."""
    path = changes.pop("path", FILE)
    made: dict[str, Any] = {
        "rule": "create-index-blocks-writes",
        "severity": Severity.ERROR,
        "confidence": Confidence.CERTAIN,
        "span": Span(path, 0, 0, line, 1, end_line or line, 48),
        "migration": "V2",
        "relation": "public.orders",
        "why": "writes to public.orders wait while the index is built (ShareLock)",
        "instead": "build it CONCURRENTLY\n\nCREATE INDEX CONCURRENTLY orders_user_id ON orders (user_id);",
    } | changes
    digest = sha256(f"{made['rule']} {path} {made['why']}".encode(errors="replace")).hexdigest()
    return Finding(**({"fingerprint": digest[:32]} | made))


def many(count: int, **changes: Any) -> list[Finding]:
    return [finding(why=f"reason {number}", **changes) for number in range(count)]


def suppressed(found: Finding) -> Finding:
    from msgspec.structs import replace

    return replace(found, suppressed=Suppressed("comment", "small table"))


def report(*findings: Finding, errors: Sequence[Error] = ()) -> Report:
    decision = decide(findings, (), errors, Severity.ERROR)
    counts = tally(findings, 1, 2)
    return Report("postgres", "16", findings, (), tuple(errors), counts, decision)


def patch(old: str | None, new: str) -> str:
    """What GitHub's list of files has for a file that was so and is so now: git's hunks, without header."""
    with TemporaryDirectory() as folder:
        before, after = Path(folder, "before"), Path(folder, "after")
        after.write_bytes(new.encode())
        if old is not None:
            before.write_bytes(old.encode())
        first = str(before) if old is not None else "/dev/null"
        command = ["git", "diff", "--no-index", "--no-color", "-U3", "--", first, str(after)]
        text = subprocess.run(command, capture_output=True, check=False).stdout.decode()
    return text[text.index("@@") :].removesuffix("\n")


def changed(path: str = FILE, new: str = SQL, old: str | None = None, **more: str) -> dict[str, str]:
    """An entry of the list of a pull request's files."""
    status = "added" if old is None else "modified"
    return {"filename": path, "status": status, "patch": patch(old, new), "sha": "0" * 40} | more


class Posted(Struct):
    """What came of it, and how long was waited."""

    published: Published
    waits: list[float] = field(default_factory=list)

    @property
    def notes(self) -> str:
        return "\n".join(self.published.notes)


def at(service: Service, **changes: Any) -> Context:
    made: dict[str, Any] = {
        "api": service.url,
        "repository": REPOSITORY,
        "head": HEAD,
        "number": 1,
        "run": "7/1/lint",
    }
    return Context(**(made | changes))


def post(
    service: Service,
    what: Report,
    places: Places = EVERYWHERE,
    *,
    where: Context | None = None,
    summary: Path | None = None,
    patience: float = 180.0,
    root: str = "",
) -> Posted:
    """Publish with PyGithub, without the pauses between writes; waits are written down, not waited."""
    waits: list[float] = []
    context = where or at(service)
    calls = Calls(patience=patience, sleep=waits.append, hidden=service.token)
    published = publish(
        what,
        places,
        View(root=root),
        context,
        lambda: connect(context, service.token, calls, pause=0),
        str(summary) if summary else None,
    )
    assert service.complaints == []
    return Posted(published, waits)


REVIEW = Places(review=True)
COMMENT = Places(comment=True)
CHECK_RUN = Places(check_run=True)


def edit(path: str, text: str, old: str, new: str, safety: str = "safe") -> Fix:
    """The fix that puts `new` in the place of the first `old` of a text."""
    from migration_lint.findings import Edit

    start = text.index(old)
    return Fix("build it concurrently", safety, (Edit(path, start, start + len(old), new),))
