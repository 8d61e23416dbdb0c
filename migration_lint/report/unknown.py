"""What of a statement is not known: what was not understood, and SQL that only the server sees."""

from __future__ import annotations

from migration_lint.effects import RunCode, Unknown
from migration_lint.model import Step

_WHAT = {
    "do": "the block",
    "execute": "the prepared statement",
    "function": "the function",
    "program": "the program",
    "trigger": "the trigger",
}


def not_known(step: Step) -> list[str]:
    """The reasons, each a clause in lower case."""
    reasons = [effect.reason for effect in step.each(Unknown)]
    reasons += [
        f"what {_WHAT.get(code.what, 'the procedure')} locks or changes, as its SQL is not read"
        for code in step.each(RunCode)
    ]
    return list(dict.fromkeys(reasons))
