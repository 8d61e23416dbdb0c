"""`migration-lint publish github` as a job runs it: a process, an event, a token."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.command import Ran, run
from tests.repositories import commit, git

from .service import HEAD, PREFIX, REPOSITORY, Answer, Service, Trouble
from .world import FILE, SQL, changed

ALL = ("--check-run", "--review", "--comment")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A checkout with one migration that blocks writes and drops a table, and its report."""
    root = tmp_path / "repository"
    root.mkdir()
    git(root, "init", "-q")
    sql = SQL.replace("SELECT 1", "DROP TABLE orders")
    commit(root, {"db/V1__orders.sql": "CREATE TABLE orders (id bigint, user_id bigint);\n", FILE: sql})
    checked = run(root, "check", "db", "--output-format", "json=report.json")
    assert checked.code == 1, checked
    return root


def publish(folder: Path, service: Service, *arguments: str, event: object = None, **changes: str) -> Ran:
    path = folder / "event.json"
    path.write_text(json.dumps(event or {"pull_request": {"number": 1, "head": {"sha": HEAD}}}))
    environment = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": service.url,
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_EVENT_PATH": str(path),
        "GITHUB_SHA": "3" * 40,
        "GITHUB_TOKEN": service.token,
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
    } | changes
    made = run(folder, "publish", "github", "--report", "report.json", *arguments, **environment)
    assert service.token not in made.out + made.err
    return made


def findings(folder: Path) -> int:
    found = json.loads((folder / "report.json").read_text())["findings"]
    assert len(found) > 1
    return len(found)


def test_a_real_report_everywhere(repository: Path, service: Service) -> None:
    made = publish(repository, service, *ALL)
    assert (made.code, made.out) == (0, ""), made
    assert made.err.splitlines() == [
        f"note: check run: made a check run with {findings(repository)} annotations",
        f"note: review: {findings(repository)} new comments, 0 comments kept",
        "note: comment: commented",
    ]
    again = publish(repository, service, "--review", "--comment")
    assert again.code == 0
    assert service.writes("POST") == ["POST /check-runs", "POST /pulls/1/reviews", "POST /issues/1/comments"]


def test_a_fork(repository: Path, service: Service) -> None:
    service.may = set()
    made = publish(repository, service, *ALL)
    assert made.code == 0
    assert sum(line.startswith("::") for line in made.out.splitlines()) == findings(repository)
    assert "migration-lint: blocked" in (repository / "summary.md").read_text()


def test_a_server_that_does_not_answer(repository: Path, service: Service) -> None:
    service.trouble = [
        Trouble("", Answer(403, "You have exceeded a secondary rate limit", Retry_After="999"), 9)
    ]
    made = publish(repository, service, *ALL)
    assert made.code == 3
    assert sum(line.startswith("::") for line in made.out.splitlines()) == findings(repository)
    assert "it asks to wait 999 s" in made.err


def test_from_a_folder_of_the_repository(repository: Path, service: Service) -> None:
    """Paths are those of the repository, wherever `check` ran."""
    for folder, arguments in (("db", []), ("elsewhere", ["--folder", "db"])):
        service.review_comments.clear()
        (repository / folder).mkdir(exist_ok=True)
        run(repository / "db", "check", ".", "--output-format", f"json={repository / folder / 'report.json'}")
        publish(repository / folder, service, "--review", *arguments)
        assert {comment["path"] for comment in service.review_comments} == {FILE}


def test_the_second_workflow_of_two(repository: Path, tmp_path: Path, service: Service) -> None:
    """It has no checkout, and the report is an artifact of a run that is not trusted."""
    away = tmp_path / "away"
    away.mkdir()
    (away / "report.json").write_bytes((repository / "report.json").read_bytes())
    service.pulls[1].branch = "mallory:feature"
    event = {
        "workflow_run": {
            "head_sha": HEAD,
            "head_branch": "feature",
            "head_repository": {"owner": {"login": "mallory"}},
        }
    }
    made = publish(away, service, *ALL, event=event)
    assert made.code == 0, made
    assert (len(service.check_runs), len(service.comments)) == (1, 1)
    assert service.review_comments


def test_a_hostile_report(repository: Path, service: Service) -> None:
    report = json.loads((repository / "report.json").read_text())
    report["findings"][0]["path"] = "../../x\n::error::forged"
    (repository / "report.json").write_text(json.dumps(report))
    made = publish(repository, service, *ALL)
    assert made.code == 2
    assert "is not inside the repository" in made.err
    assert not any(line.startswith("::") for line in (made.out + made.err).splitlines())
    assert service.requests == []


@pytest.mark.parametrize(
    ("arguments", "changes", "message"),
    [
        ((), {}, "say where to post: --check-run, --review or --comment"),
        (("--review", "--name", "a --> b"), {}, "--name"),
        (("--review",), {"GITHUB_TOKEN": ""}, "GITHUB_TOKEN is not set"),
        (("--review",), {"GITHUB_REPOSITORY": ""}, "GITHUB_REPOSITORY"),
        (("--review",), {"GITHUB_API_URL": f"http://ghe.example.com{PREFIX}"}, "not an https address"),
        (("--review", "--report", "nowhere.json"), {}, "nowhere.json: the report cannot be read"),
        (("--pedantic",), {}, "No such option"),
    ],
)
def test_wrong_usage(
    repository: Path, service: Service, arguments: tuple[str, ...], changes: dict[str, str], message: str
) -> None:
    made = publish(repository, service, *arguments, **changes)
    assert made.code == 2
    assert message in made.err
    assert service.requests == []


def test_changed_again(repository: Path, service: Service) -> None:
    """A corrected migration, over two pushes."""
    publish(repository, service, "--review", "--comment")
    good = "CREATE INDEX CONCURRENTLY orders_user_id ON orders (user_id);\n"
    (repository / FILE).write_text(good)
    service.pulls[1].files = [changed(new=good)]
    run(repository, "check", FILE, "--output-format", "json=report.json")
    made = publish(repository, service, "--review", "--comment")
    assert made.code == 0, made
    assert service.review_comments == []
    assert "allowed" in service.comments[0]["body"]
