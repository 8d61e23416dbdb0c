"""The parts of the README that are generated, so that they are never wrong.

A part stands between ``<!-- begin: WHAT -->`` and ``<!-- end -->``. WHAT is ``rules`` for the table of
rules, or ``$`` and a command (``migration-lint …`` or ``cat FILE``) for it and what it prints.
``python -m tests.project.readme --write`` writes them anew; without ``--write`` it says which are old.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from migration_lint.linting.loader import docstring, load_rules
from migration_lint.linting.page import parse_page

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
_PART = re.compile(r"(?P<begin><!-- begin: (?P<what>.+?) -->\n)(?P<body>.*?)(?P<end><!-- end -->)", re.DOTALL)


def parts(text: str) -> dict[str, str]:
    """The generated parts as they stand, by WHAT."""
    return {match["what"]: match["body"] for match in _PART.finditer(text)}


def rewritten(text: str) -> str:
    """The text with every part made anew."""
    return _PART.sub(lambda match: match["begin"] + body(match["what"]) + match["end"], text)


def body(what: str) -> str:
    """What belongs into a part. Raises ValueError for a part that is not known."""
    if what == "rules":
        return rule_table()
    if what.startswith("$ "):
        return f"```console\n{what}\n{_output(what[2:])}```\n"
    raise ValueError(f"README: unknown part {what!r}")


def rule_table() -> str:
    """A row for each rule: its id, its severity, its hazard."""
    rows = ["| rule | severity | what happens |", "| --- | --- | --- |"]
    for name, rule in load_rules().items():
        severity = f"{rule.severity.value}{', off' if rule.pedantic else ''}"
        title = parse_page(docstring(rule)).title.replace("|", "\\|")
        rows.append(f"| [`{name}`](rules/{name.replace('-', '_')}.py) | {severity} | {title} |")
    return "\n".join(rows) + "\n"


def _output(command: str) -> str:
    program, *arguments = shlex.split(command)
    if program == "cat":
        return "".join((ROOT / name).read_text(encoding="utf-8") for name in arguments)
    if program != "migration-lint":
        raise ValueError(f"README: only migration-lint and cat are run, not {program}")
    done = subprocess.run(
        [sys.executable, "-m", "migration_lint", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=ROOT,
        env={**os.environ, "NO_COLOR": "1", "PYTHONUTF8": "1", "COLUMNS": "100"},
        check=False,
    )
    if done.returncode not in (0, 1):
        raise ValueError(f"README: {command} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def main() -> int:
    """Write or compare."""
    text = README.read_text(encoding="utf-8")
    new = rewritten(text)
    if "--write" in sys.argv[1:]:
        README.write_text(new, encoding="utf-8")
        return 0
    before, after = parts(text), parts(new)
    old = [what for what in after if before[what] != after[what]]
    print("\n".join(f"old: {what}" for what in old) or "all parts are as they should be")
    return 1 if old else 0


if __name__ == "__main__":
    sys.exit(main())
