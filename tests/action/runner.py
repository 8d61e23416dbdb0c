"""As much of GitHub's runner as a composite action needs.

https://docs.github.com/actions/reference/workflows-and-actions/metadata-syntax
https://docs.github.com/actions/reference/workflows-and-actions/expressions
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import yaml
from msgspec import Struct

from tests.cli.command import ROOT

ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
_BASH = ("bash", "--noprofile", "--norc", "-eo", "pipefail")
"""What `shell: bash` stands for."""


class Job(Struct, frozen=True):
    """What came of the step of a workflow that uses the action."""

    code: int
    log: str
    outputs: dict[str, str]
    summary: str
    steps: list[str]
    """The names of those that ran."""

    def annotations(self) -> list[str]:
        return [line for line in self.log.splitlines() if line.startswith("::")]


def use(
    folder: Path,
    temp: Path,
    event: Mapping[str, Any],
    inputs: Mapping[str, str] | None = None,
    *,
    installed: bool = True,
    **environment: str,
) -> Job:
    """Run the action in a checkout. `installed`: with the migration-lint of these tests, not a new one."""
    temp.mkdir(exist_ok=True)
    summary, event_file = temp / "summary.md", temp / "event.json"
    summary.touch()
    event_file.write_text(json.dumps(event))
    assert set(inputs or {}) <= set(ACTION["inputs"])
    steps: dict[str, Any] = {}
    contexts = {
        "inputs": {name: said["default"] for name, said in ACTION["inputs"].items()} | dict(inputs or {}),
        "runner": {"temp": str(temp)},
        "github": {"event": event, "token": "ghs_secret"},
        "steps": steps,
    }
    base = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | {
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_ACTION_PATH": f"{ROOT}/./",  # so it is for `uses: ./`
        "GITHUB_EVENT_PATH": str(event_file),
        "GITHUB_STEP_SUMMARY": str(summary),
        "RUNNER_TEMP": str(temp),
    }
    log, code, ran = "", 0, []
    for number, step in enumerate(ACTION["runs"]["steps"]):
        name = step.get("id", str(number))
        if installed and name == "install":
            steps[name] = {"outputs": {"bin": str(Path(sys.executable).parent)}}
            continue
        if "if" in step and not _value(step["if"], contexts):
            continue
        assert step["shell"] == "bash"
        output = temp / f"output-{name}"
        output.touch()
        env = {key: _substituted(text, contexts) for key, text in step.get("env", {}).items()}
        done = subprocess.run(
            [*_BASH, "-c", step["run"]],
            cwd=folder,
            env={**base, "GITHUB_OUTPUT": str(output), **environment, **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=300,
        )
        ran.append(step["name"])
        log += done.stdout.decode()
        lines = [line.partition("=") for line in output.read_text().splitlines()]
        steps[name] = {"outputs": {key: value for key, _, value in lines}}
        output.unlink()
        code = done.returncode
        if code:
            break
    outputs = {key: _substituted(said["value"], contexts) for key, said in ACTION["outputs"].items()}
    return Job(code, log, outputs, summary.read_text(), ran)


def expressions(step: Mapping[str, Any], keys: Collection[str]) -> list[str]:
    """The expressions of those parts of a step."""
    return [found for key in keys if key in step for found in re.findall(r"\$\{\{.*?\}\}", str(step[key]))]


def _substituted(text: str, contexts: Mapping[str, Any]) -> str:
    return re.sub(r"\$\{\{\s*(.*?)\s*\}\}", lambda found: _value(found[1], contexts), text)


def _value(expression: str, contexts: Mapping[str, Any]) -> str:
    """`a.b || c.d`: the first that is not empty. What is not there is empty."""
    for path in expression.split(" || "):
        assert re.fullmatch(r"[\w-]+(\.[\w-]+)+", path), expression
        at: Any = contexts
        for name in path.split("."):
            at = at.get(name) or {}
        if at:
            return str(at)
    return ""
