"""The parts of the README that are generated, so that they are never wrong.

A part stands between ``<!-- begin: WHAT -->`` and ``<!-- end -->``. WHAT is the name of a
table (``rules``, ``exit codes``, ``configuration``), or ``$`` and a command (``migration-lint …`` or
``cat FILE``) for it and what it prints.
``python -m tests.project.readme --write`` writes them anew; without ``--write`` it says which are old.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from migration_lint.config import schema
from migration_lint.linting.decide import EXIT_CODES
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
    if what in _TABLES:
        return _TABLES[what]()
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


def exit_code_table() -> str:
    """A row for each exit code."""
    rows = [f"| {code} | {meaning} |" for code, meaning in EXIT_CODES.items()]
    return "\n".join(["| code | meaning |", "| --- | --- |", *rows]) + "\n"


def configuration_table() -> str:
    """A row for each key of the configuration."""
    rows = ["| key | what | default |", "| --- | --- | --- |"]
    for name, setting in schema()["$defs"]["Config"]["properties"].items():
        default = setting.get("default")
        shown = "" if default in (None, [], {}) else f"`{json.dumps(default)}`"
        rows.append(f"| `{name}` | {setting['description']} | {shown} |")
    return "\n".join(rows) + "\n"


_TABLES: dict[str, Callable[[], str]] = {
    "rules": rule_table,
    "exit codes": exit_code_table,
    "configuration": configuration_table,
}


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
