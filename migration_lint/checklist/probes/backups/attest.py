"""A person's claim that there is a backup. Nobody looked, and the report says so."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

from migration_lint.checklist.probes.backups.backup import Backup
from migration_lint.checklist.unanswered import Unanswered
from migration_lint.sources.toml import parse_toml
from migration_lint.targets import AttestBackup


def ask(settings: AttestBackup, target: str) -> Backup:
    """The claim in the file. It is about one target, by somebody, of a time with a zone."""
    path = settings.file
    try:
        claim = parse_toml(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Backup(path, problem=f"nobody has claimed that there is one: {path} is not there")
    except (OSError, UnicodeDecodeError) as error:
        raise Unanswered(f"{path} cannot be read") from error
    except ValueError as error:
        raise Unanswered(f"{path}: {error}") from error
    by, of, at = claim.get("by"), claim.get("of"), claim.get("at")
    if not isinstance(by, str) or not by.strip():
        raise Unanswered(f'{path}: it does not say who claims it (by = "…")')
    if of != target:
        return Backup(path, problem=f"the claim of {by} is about {of!r}, not {target!r} (of = …)")
    if not isinstance(at, datetime) or at.tzinfo is None:
        raise Unanswered(f"{path}: it does not say when, with a zone (at = 2026-11-22T06:10:02Z)")
    note = str(claim.get("note") or "no note")
    facts: dict[str, object] = {"by": by, "note": note}
    return Backup(
        path, at.astimezone(timezone.utc), claimed=f"claimed by {by}, not verified: {note}", facts=facts
    )
