"""The pipelines of the pages: valid, and run in a checkout as the service makes it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from msgspec import Struct

from tests.repositories import PullRequest, git, pull_request

from .pages import lines, names, pipeline

SCHEMAS = {
    "azure": "vendor.azure-pipelines",
    "bitbucket": "vendor.bitbucket-pipelines",
    "buildkite": "vendor.buildkite",
    "gitlab": "vendor.gitlab-ci",
}
RULE = "create-index-blocks-writes"
TABLE = "CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint);\n"
BLOCKS = "SET lock_timeout = '2s';\nCREATE INDEX {} ON orders (user_id);\n"
BEFORE = {
    "db/migrations/V1__orders.sql": TABLE,
    "db/migrations/V2__old.sql": BLOCKS.format("old"),
}
MEANWHILE = [{"db/migrations/V2_9__meanwhile.sql": BLOCKS.format("meanwhile")}]
AGENT = """\
#!/bin/sh
echo "$@"
cat >annotation.md
"""


class Service(Struct, frozen=True):
    """How a service checks out a pull request, what it sets, and where it then looks for results."""

    checkout: Callable[[PullRequest, Path], object]
    environment: Callable[[PullRequest], Mapping[str, str]]
    result: str
    shell: tuple[str, ...] = ("bash", "-e")


def _head(pull: PullRequest, folder: Path) -> object:
    return pull.checkout(folder, depth=None, commit=pull.head)


def _merge(pull: PullRequest, folder: Path) -> object:
    return pull.checkout(folder, depth=None)


def _head_alone(pull: PullRequest, folder: Path) -> object:
    """The branch of the pull request, and nothing of main but their common history."""
    url = pull.origin.as_uri()
    return git(folder.parent, "clone", "-q", "--single-branch", "-b", "feature", url, str(folder))


SERVICES = {
    "azure": Service(_merge, lambda pull: {"TF_BUILD": "True"}, "migration-lint.xml"),
    "bitbucket": Service(
        _head_alone,
        lambda pull: {"BITBUCKET_PR_DESTINATION_BRANCH": "main"},
        "test-results/migration-lint.xml",
    ),
    "buildkite": Service(
        _head_alone, lambda pull: {"BUILDKITE_PULL_REQUEST_BASE_BRANCH": "main"}, "annotation.md"
    ),
    "gitlab": Service(
        _head,
        lambda pull: {"GITLAB_CI": "true", "CI_MERGE_REQUEST_DIFF_BASE_SHA": pull.base},
        "gl-code-quality-report.json",
    ),
    "jenkins": Service(
        _head_alone, lambda pull: {"CHANGE_TARGET": "main"}, "migration-lint.xml", ("sh", "-xe")
    ),
}


def run(name: str, folder: Path, changes: Mapping[str, str | None]) -> tuple[int, str, str]:
    """Exit code, log and result of the pipeline for a pull request with those changes."""
    service = SERVICES[name]
    pull = pull_request(folder / "origin", BEFORE, [changes], MEANWHILE)
    checkout = folder / "checkout"
    service.checkout(pull, checkout)
    tools = folder / "tools"
    (tools / "migration-lint").mkdir(parents=True)
    (tools / "migration-lint" / "bin").symlink_to(Path(sys.executable).parent)
    (tools / "buildkite-agent").write_text(AGENT)
    (tools / "buildkite-agent").chmod(0o755)
    done = subprocess.run(
        [*service.shell, "-c", "\n".join(lines(name))],
        cwd=checkout,
        env={
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), str(tools), "/usr/bin", "/bin"]),
            "HOME": str(folder),
            "WORKSPACE_TMP": str(tools),
            **service.environment(pull),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=120,
    )
    result = checkout / service.result
    return done.returncode, done.stdout.decode(), result.read_text() if result.exists() else ""


def test_every_page_is_tested() -> None:
    assert names() == sorted(SERVICES) == sorted({*SCHEMAS, "jenkins"})


@pytest.mark.parametrize("name", SERVICES)
def test_what_would_block_fails_the_job(name: str, tmp_path: Path) -> None:
    code, log, result = run(name, tmp_path, {"db/migrations/V3__new.sql": BLOCKS.format("new")})
    assert code == 1, log
    for text in (log, result):
        assert RULE in text
        assert "V3__new.sql" in text
        assert "V2__old.sql" not in text
        assert "V2_9__meanwhile.sql" not in text
    assert ("--style error" in log) == (name == "buildkite")
    assert ("##vso[task.logissue type=error" in log) == (name == "azure")


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("file", ["db/migrations/V3__new.sql", "elsewhere.sql"])
def test_what_blocks_nobody_passes(name: str, file: str, tmp_path: Path) -> None:
    code, log, result = run(name, tmp_path, {file: TABLE.replace("orders", "carts")})
    assert (code, bool(result)) == (0, True), log
    assert RULE not in log + result


@pytest.mark.parametrize("name", SERVICES)
def test_what_cannot_be_read_fails_the_job(name: str, tmp_path: Path) -> None:
    code, log, _ = run(name, tmp_path, {"db/migrations/V3__new.sql": "CREATE TABEL x ();\n"})
    assert code == 3, log


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schema(name: str, tmp_path: Path) -> None:
    (tmp_path / "pipeline.yml").write_text(pipeline(name))
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", SCHEMAS[name]]
    command += ["--regex-variant=nonunicode", "pipeline.yml"]  # Azure's own schema needs it
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_groovy_puts_nothing_into_the_scripts() -> None:
    """Only what is in double quotes is Groovy's to fill in, and a branch's name is text from outside."""
    scripts = [line.strip() for line in pipeline("jenkins").splitlines() if line.strip().startswith("sh ")]
    assert all(script.startswith("sh '") and script.endswith("'") for script in scripts)
    assert pipeline("jenkins").count("{") == pipeline("jenkins").count("}")
