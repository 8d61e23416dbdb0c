"""The action, in checkouts as GitHub makes them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import ROOT, run
from tests.publish.service import PREFIX, REPOSITORY, Service, serving
from tests.publish.world import changed
from tests.repositories import PullRequest, commit, git, pull_request

from .runner import ACTION, Job, expressions, use

TABLE = "CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint);\n"
BLOCKS = "SET lock_timeout = '2s';\nCREATE INDEX {} ON orders (user_id);\n"
OLD = {"db/V1__orders.sql": TABLE, "db/V2__old.sql": BLOCKS.format("old")}
NEW = "db/V3__new.sql"
RULE = "create-index-blocks-writes"


@pytest.fixture(scope="module")
def pull(tmp_path_factory: pytest.TempPathFactory) -> PullRequest:
    """It adds a migration that blocks writes. There is an old one on main, and main went on with another."""
    return pull_request(
        tmp_path_factory.mktemp("github") / "origin",
        OLD,
        [{NEW: BLOCKS.format("new")}],
        [{"db/V2.1__meanwhile.sql": BLOCKS.format("meanwhile")}],
    )


def event(pull: PullRequest, **changes: Any) -> dict[str, Any]:
    return {"pull_request": {"number": 1, "head": {"sha": pull.head}, "base": {"sha": pull.tip}} | changes}


def found(job: Job) -> set[str]:
    """The files that have findings of the rule, from the annotations."""
    return {
        match[1]
        for line in job.annotations()
        if RULE in line and (match := re.search(r"file=([^,]+)", line)) is not None
    }


@pytest.mark.parametrize("depth", [1, 2, None])
def test_the_merge_commit_of_a_pull_request(pull: PullRequest, tmp_path: Path, depth: int | None) -> None:
    checkout = pull.checkout(tmp_path / "checkout", depth=depth)
    job = use(checkout, tmp_path / "temp", event(pull))
    assert (job.code, found(job)) == (1, {NEW}), job.log
    assert job.outputs == {"decision": "blocked", "errors": "1", "warnings": "0", "notes": "0"}
    assert NEW in job.log.replace("::", "")
    assert RULE in job.summary
    assert job.steps == ["Check the migrations", "The decision"]


@pytest.mark.parametrize("depth", [1, 2, None])
def test_the_head_of_a_pull_request(pull: PullRequest, tmp_path: Path, depth: int | None) -> None:
    """`ref: head.sha`: the first parent is not the base."""
    checkout = pull.checkout(tmp_path / "checkout", depth=depth, commit=pull.head)
    job = use(checkout, tmp_path / "temp", event(pull))
    assert (job.code, found(job)) == (1, {NEW}), job.log


def test_a_head_that_is_itself_a_merge(tmp_path: Path) -> None:
    """Its first parent is the author's own commit, not the base: what that adds is not left out."""
    pull = pull_request(tmp_path / "origin", OLD, [{NEW: BLOCKS.format("new")}], [{"other.txt": "x"}])
    git(pull.origin, "switch", "-q", "feature")
    git(pull.origin, "merge", "-q", "--no-ff", "-m", "main into feature", "main")
    head = git(pull.origin, "rev-parse", "HEAD")
    git(pull.origin, "switch", "-q", "main")
    checkout = pull.checkout(tmp_path / "checkout", commit=head)
    job = use(checkout, tmp_path / "temp", event(pull, head={"sha": head}))
    assert (job.code, found(job)) == (1, {NEW}), job.log


def test_a_merge_group(pull: PullRequest, tmp_path: Path) -> None:
    checkout = pull.checkout(tmp_path / "checkout")
    job = use(checkout, tmp_path / "temp", {"merge_group": {"base_sha": pull.tip}})
    assert (job.code, found(job)) == (1, {NEW}), job.log


def test_a_push_judges_everything(pull: PullRequest, tmp_path: Path) -> None:
    checkout = pull.checkout(tmp_path / "checkout", commit=pull.tip)
    job = use(checkout, tmp_path / "temp", {"before": pull.base, "after": pull.tip})
    assert (job.code, found(job)) == (1, {"db/V2__old.sql", "db/V2.1__meanwhile.sql"})


def test_since_goes_before_the_event(pull: PullRequest, tmp_path: Path) -> None:
    checkout = pull.checkout(tmp_path / "checkout", depth=None)
    job = use(checkout, tmp_path / "temp", event(pull), {"since": pull.base})
    assert (job.code, found(job)) == (1, {NEW, "db/V2.1__meanwhile.sql"})


def test_nothing_new_is_allowed(tmp_path: Path) -> None:
    pull = pull_request(tmp_path / "origin", OLD, [{"other.txt": "x"}])
    job = use(pull.checkout(tmp_path / "checkout"), tmp_path / "temp", event(pull))
    assert (job.code, job.outputs["decision"], job.outputs["errors"]) == (0, "allowed", "0"), job.log


@pytest.mark.parametrize("commit", ["merge", "head"])
def test_what_cannot_be_detected_is_not_passed(pull: PullRequest, tmp_path: Path, commit: str) -> None:
    """The clone is shallow, and the server gives no more."""
    checkout = pull.checkout(tmp_path / "checkout", commit=getattr(pull, commit))
    git(checkout, "remote", "set-url", "origin", (tmp_path / "gone").as_uri())
    job = use(checkout, tmp_path / "temp", event(pull))
    assert (job.code, job.outputs["decision"]) == (3, "blocked")
    assert "fetch-depth: 0" in job.log


def test_no_repository_is_not_passed(pull: PullRequest, tmp_path: Path) -> None:
    checkout = pull.checkout(tmp_path / "checkout")
    shutil.rmtree(checkout / ".git")
    job = use(checkout, tmp_path / "temp", event(pull))
    assert job.code == 3
    assert "is not in a git repository" in job.log


HISTORY = {"db/V1__orders.sql": TABLE, NEW: BLOCKS.format("new")}


@pytest.fixture
def pushed(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    commit(folder, HISTORY)
    return folder


@pytest.mark.parametrize(
    ("inputs", "code", "log"),
    [
        ({"paths": "db db/V1__orders.sql"}, 1, RULE),
        ({"paths": "db/V1__orders.sql"}, 0, "allowed"),
        ({"paths": "nowhere"}, 2, "nowhere"),
        ({"paths": "*"}, 2, "*"),
        ({"paths": "--write-baseline=x"}, 2, "--write-baseline=x"),
        ({"fail-on": "never"}, 0, RULE),
        ({"fail-on": "sometimes"}, 2, "sometimes"),
        ({"engine": "oracel"}, 2, "oracel"),
        ({"engine-version": "fourteen"}, 2, "fourteen"),
        ({"config": "strange.toml"}, 2, "strange.toml"),
        ({"baseline": "none.json"}, 2, "none.json"),
        ({"since": "nowhere"}, 3, "nowhere: git knows no such commit"),
        ({"format": "sarif"}, 2, "format is FORMAT=FILE"),
        ({"format": "docx=x.docx"}, 2, "docx"),
        ({"publish": "everything"}, 2, "publish is none, or some of"),
        ({"paths": "$(touch pwned)`touch pwned`;touch pwned"}, 2, "$(touch: no such"),
        ({"publish": "$(touch pwned)"}, 2, "publish is none"),
    ],
)
def test_inputs(pushed: Path, tmp_path: Path, inputs: Mapping[str, str], code: int, log: str) -> None:
    job = use(pushed, tmp_path / "temp", {}, inputs)
    assert (job.code, job.outputs["decision"]) == (code, "allowed" if code == 0 else "blocked"), job.log
    assert log in job.log
    assert git(pushed, "status", "--short") == ""


def test_more_formats(pushed: Path, tmp_path: Path) -> None:
    job = use(pushed, tmp_path / "temp", {}, {"format": "sarif=a.sarif rdjson=b.json"})
    assert job.code == 1
    assert RULE in (pushed / "a.sarif").read_text()
    assert RULE in (pushed / "b.json").read_text()


def test_configuration_and_baseline(pushed: Path, tmp_path: Path) -> None:
    (pushed / "mine.toml").write_text(f'ignore = ["{RULE}"]\n')
    assert use(pushed, tmp_path / "temp", {}, {"config": "mine.toml"}).code == 0
    assert run(pushed, "check", "db", "--write-baseline", "known.json").code == 0
    assert use(pushed, tmp_path / "temp", {}, {"baseline": "known.json"}).code == 0


def test_engine(pushed: Path, tmp_path: Path) -> None:
    use(pushed, tmp_path / "temp", {}, {"engine": "postgres", "engine-version": "14"})
    report = json.loads((tmp_path / "temp" / "migration-lint.json").read_text())
    assert (report["engine"], report["engine_version"]) == ("postgres", "14")


def test_modules_of_the_checkout_are_not_imported(pushed: Path, tmp_path: Path) -> None:
    for module in ("json", "msgspec", "migration_lint", "click"):
        (pushed / f"{module}.py").write_text("open('pwned', 'w').write('x')\n")
    assert use(pushed, tmp_path / "temp", {}).code == 1
    assert not (pushed / "pwned").exists()


# Publishing


def publish(pull: PullRequest, folder: Path, url: str, **inputs: str) -> Job:
    job = use(
        pull.checkout(folder / "checkout"),
        folder / "temp",
        event(pull),
        {name.replace("_", "-"): value for name, value in inputs.items()},
        GITHUB_API_URL=url,
        GITHUB_REPOSITORY=REPOSITORY,
        GITHUB_SHA=pull.merge,
    )
    assert "ghs_secret" not in job.log
    return job


@pytest.fixture
def service(pull: PullRequest) -> Iterator[Service]:
    """GitHub with that pull request."""
    with serving() as running:
        running.pulls[1].head = pull.head
        running.pulls[1].files = [changed(NEW, BLOCKS.format("new"))]
        yield running
        assert running.complaints == []


@pytest.mark.parametrize(
    ("places", "posted"),
    [
        ("check-run", ["POST /check-runs"]),
        ("review,comment", ["POST /pulls/1/reviews", "POST /issues/1/comments"]),
        (
            "check-run review comment",
            ["POST /check-runs", "POST /pulls/1/reviews", "POST /issues/1/comments"],
        ),
    ],
)
def test_published(
    pull: PullRequest, service: Service, tmp_path: Path, places: str, posted: list[str]
) -> None:
    job = publish(pull, tmp_path, service.url, publish=places)
    assert (job.code, job.outputs["decision"]) == (1, "blocked"), job.log
    assert service.writes("POST") == posted
    assert job.annotations() == []
    assert RULE in job.log


def test_a_fork_has_annotations_and_does_not_fail_for_it(
    pull: PullRequest, service: Service, tmp_path: Path
) -> None:
    service.may = set()
    job = publish(pull, tmp_path, service.url, publish="review comment", fail_on="never")
    assert (job.code, found(job)) == (0, {NEW}), job.log


NO_API = f"http://ghe.example.com{PREFIX}"


def test_what_is_not_published_does_not_hide_the_decision(pull: PullRequest, tmp_path: Path) -> None:
    job = publish(pull, tmp_path, NO_API, publish="comment")
    assert (job.code, job.steps[-1]) == (1, "The decision")
    assert "not an https address" in job.log


def test_what_is_not_published_fails_an_allowed_job(pull: PullRequest, tmp_path: Path) -> None:
    job = publish(pull, tmp_path, NO_API, publish="comment", fail_on="never")
    assert (job.code, job.outputs["decision"]) == (2, "allowed")


def test_without_a_report_nothing_is_published(pushed: Path, tmp_path: Path) -> None:
    (tmp_path / "temp").mkdir()
    (tmp_path / "temp" / "migration-lint.json").write_text("an old one")
    job = use(pushed, tmp_path / "temp", {}, {"publish": "comment", "paths": "nowhere"})
    assert (job.code, job.steps) == (2, ["Check the migrations", "The decision"])
    assert job.outputs == {"decision": "blocked", "errors": "", "warnings": "", "notes": ""}


# Installing


def python3(folder: Path, script: str) -> str:
    """A PATH on which `python3` is that script."""
    folder.mkdir()
    (folder / "python3").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "python3").chmod(0o755)
    return f"{folder}:/usr/bin:/bin"


@pytest.mark.parametrize("publish", ["none", "review"])
def test_installed_from_its_own_files(pushed: Path, tmp_path: Path, publish: str) -> None:
    """Nothing of the checkout's is imported on the way."""
    (pushed / "venv.py").write_text("raise SystemExit('taken')\n")
    (pushed / "pip.py").write_text("raise SystemExit('taken')\n")
    path = python3(tmp_path / "bin", f'exec "{sys.executable}" "$@"')
    job = use(pushed, tmp_path / "temp", {}, {"publish": publish}, installed=False, PATH=path)
    assert job.code != 0
    assert RULE in job.log
    assert job.outputs["errors"] == "1"
    pygithub = list((tmp_path / "temp" / "migration-lint").glob("**/site-packages/github/__init__.py"))
    assert len(pygithub) == (publish == "review")


def test_a_version_from_the_index(pushed: Path, tmp_path: Path) -> None:
    """What pip is asked for, said by a pip that has no index."""
    path = python3(tmp_path / "bin", f'exec "{sys.executable}" "$@"')
    inputs = {"version": "0.1.0"}
    job = use(pushed, tmp_path / "temp", {}, inputs, installed=False, PATH=path, PIP_NO_INDEX="1")
    assert (job.code, job.steps) == (1, ["Install migration-lint"])
    assert "No matching distribution found for migration-safety-gate[junit,mysql]==0.1.0" in job.log


@pytest.mark.parametrize(
    ("script", "here"),
    [
        ('[ "$1" = --version ] && echo Python 3.8.20 || exit 1', "here: Python 3.8.20"),
        ("exit 127", "here: not installed"),
    ],
)
def test_no_python_that_is_new_enough(pushed: Path, tmp_path: Path, script: str, here: str) -> None:
    path = python3(tmp_path / "bin", script)
    job = use(pushed, tmp_path / "temp", {}, installed=False, PATH=path)
    assert (job.code, job.steps) == (2, ["Install migration-lint"])
    [line] = job.annotations()
    assert "needs python3 3.10 or newer" in line
    assert here in line
    assert "actions/setup-python" in line


# What the file says


def test_inputs_are_no_text_of_scripts() -> None:
    for step in ACTION["runs"]["steps"]:
        assert expressions(step, ["run", "shell", "working-directory"]) == []


def test_every_input_is_used() -> None:
    used = " ".join(text for step in ACTION["runs"]["steps"] for text in expressions(step, ["env"]))
    assert set(re.findall(r"inputs\.([\w-]+)", used)) == set(ACTION["inputs"])


def test_the_schema() -> None:
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.github-actions",
        "action.yml",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
