"""Secrets, from where the configuration says. What went wrong is told without what was read."""

from __future__ import annotations

import os
from pathlib import Path

from migration_lint.checklist.probes.programs import run
from migration_lint.checklist.unanswered import Unanswered
from migration_lint.targets import Secret


def secret(source: Secret, seconds: float) -> str:
    """The secret, without the line break at its end. Raises `Unanswered` where there is none."""
    if source.env is not None:
        value = os.environ.get(source.env, "")
    elif source.file is not None:
        try:
            value = Path(source.file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Unanswered(f"the file {source.file} cannot be read") from error
    else:
        ran = run(source.command, seconds)
        if ran.code != 0:
            raise Unanswered(f"{source.command[0]} ended with {ran.code}")
        value = ran.out.decode(errors="replace")
    value = value.strip("\r\n")
    if not value:
        raise Unanswered(f"{where(source)} is empty, or not set")
    return value


def where(source: Secret) -> str:
    """``$PROD_URL``, ``the file x``, ``what vault prints``."""
    if source.env is not None:
        return f"${source.env}"
    return f"the file {source.file}" if source.file is not None else f"what {source.command[0]} prints"
