"""GitHub's API on the loopback interface, as far as we use it: it keeps state and refuses what GitHub does.

Every request is held against GitHub's own description (`openapi`). The rules that a schema cannot say are
here, each with the answer that GitHub gives.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from . import openapi

PREFIX = "/api/v3"
"""As on GitHub Enterprise Server."""
REPOSITORY = "acme/shop"
HEAD = "1" * 40
BODY = 65_536
Json = dict[str, Any]


class Answer(Exception):
    """What GitHub answers instead of doing it."""

    def __init__(self, status: int, message: str, errors: list[str] | None = None, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.content = {"message": message} | ({"errors": errors} if errors else {})
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


@dataclass
class Trouble:
    """What goes wrong with the requests that match, `times` times.

    `late`: the request is carried out before its answer is lost. `hang`: seconds before the answer.
    """

    on: str
    answer: Answer | None = None
    times: int = 1
    late: bool = False
    hang: float = 0.0


@dataclass
class Pull:
    number: int = 1
    head: str = HEAD
    branch: str = "acme:feature"
    state: str = "open"
    files: list[Json] = field(default_factory=list)

    def shows(self, path: str, first: int, last: int) -> bool:
        """Whether the lines are in one hunk, read from the patch without our own code for that."""
        patch = next((file.get("patch", "") for file in self.files if file["filename"] == path), "")
        for start, body in re.findall(r"^@@ -\S+ \+(\d+)\S* @@[^\n]*\n((?:[ +\\-][^\n]*\n?)*)", patch, re.M):
            size = sum(line[:1] in ("+", " ") for line in body.splitlines())
            if int(start) <= first and last < int(start) + size:
                return True
        return False


@dataclass
class Service:
    """The state. A test reads and changes it as it likes."""

    pulls: dict[int, Pull] = field(default_factory=lambda: {1: Pull()})
    login: str = "github-actions[bot]"
    kind: str = "Bot"
    token: str = "ghs_secret"  # noqa: S105
    may: set[str] = field(default_factory=lambda: {"checks", "pull-requests"})
    trouble: list[Trouble] = field(default_factory=list)
    comments: list[Json] = field(default_factory=list)
    review_comments: list[Json] = field(default_factory=list)
    reviews: list[Json] = field(default_factory=list)
    check_runs: list[Json] = field(default_factory=list)
    requests: list[tuple[str, str, Any]] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    url: str = ""
    ids: int = 100

    def writes(self, pattern: str = "") -> list[str]:
        """``POST /pulls/1/reviews`` of each request that was to change something."""
        made = [f"{method} {path}" for method, path, _ in self.requests if method != "GET"]
        return [line for line in made if re.search(pattern, line)]

    def user(self, login: str | None = None) -> Json:
        return {"login": login or self.login, "id": 1, "type": self.kind if login is None else "User"}

    def new_id(self) -> int:
        self.ids += 1
        return self.ids

    def reply_to(self, comment: Json, body: str = "Why?") -> None:
        """Somebody answers a review comment."""
        answer = {**comment, "id": self.new_id(), "body": body, "user": self.user("alice")}
        self.review_comments.append({**answer, "in_reply_to_id": comment["id"]})

    # What requests do; the path is without its prefix and repository.

    def answer(self, method: str, path: str, query: Json, body: Any) -> tuple[int, Any]:
        for verb, pattern, act, permission in ROUTES:
            if verb == method and (match := re.fullmatch(pattern, path)):
                if permission and permission not in self.may:
                    raise Answer(403, "Resource not accessible by integration")
                return act(self, *match.groups(), query=query, body=body)
        raise Answer(404, "Not Found")


def _found(items: list[Json], wanted: str) -> Json:
    for item in items:
        if item["id"] == int(wanted):
            return item
    raise Answer(404, "Not Found")


def _body(text: str) -> str:
    if not text.strip():
        raise Answer(422, "Validation Failed", ["body can't be blank"])
    if len(text) > BODY:
        raise Answer(422, "Validation Failed", ["body is too long (maximum is 65536 characters)"])
    return text.strip()


def _user(at: Service, **_: Any) -> tuple[int, Any]:
    if at.kind == "Bot":
        raise Answer(403, "Resource not accessible by integration")
    return 200, at.user()


def _pull_json(at: Service, pull: Pull) -> Json:
    return {
        "number": pull.number,
        "state": pull.state,
        "head": {"sha": pull.head, "label": pull.branch},
        "url": f"{at.url}/repos/{REPOSITORY}/pulls/{pull.number}",
        "issue_url": f"{at.url}/repos/{REPOSITORY}/issues/{pull.number}",
    }


def _pulls(at: Service, query: Json, **_: Any) -> tuple[int, Any]:
    wanted = [
        pull
        for pull in at.pulls.values()
        if pull.state == query.get("state", "open") and query.get("head", pull.branch) == pull.branch
    ]
    return 200, [_pull_json(at, pull) for pull in wanted]


def _pull(at: Service, number: str, **_: Any) -> tuple[int, Any]:
    if int(number) not in at.pulls:
        raise Answer(404, "Not Found")
    return 200, _pull_json(at, at.pulls[int(number)])


def _files(at: Service, number: str, **_: Any) -> tuple[int, Any]:
    return 200, at.pulls[int(number)].files


def _list_comments(at: Service, number: str, **_: Any) -> tuple[int, Any]:
    return 200, at.comments


def _comment(at: Service, number: str, body: Json, **_: Any) -> tuple[int, Any]:
    made = {"id": at.new_id(), "body": _body(body["body"]), "user": at.user()}
    made["url"] = f"{at.url}/repos/{REPOSITORY}/issues/comments/{made['id']}"
    at.comments.append(made)
    return 201, made


def _edit(items: str) -> Callable[..., tuple[int, Any]]:
    def edit(at: Service, number: str, body: Json, **_: Any) -> tuple[int, Any]:
        found = _found(getattr(at, items), number)
        found["body"] = _body(body["body"])
        return 200, found

    return edit


def _delete(items: str) -> Callable[..., tuple[int, Any]]:
    def delete(at: Service, number: str, **_: Any) -> tuple[int, Any]:
        getattr(at, items).remove(_found(getattr(at, items), number))
        return 204, None

    return delete


def _list_review_comments(at: Service, number: str, **_: Any) -> tuple[int, Any]:
    return 200, at.review_comments


def _review_comment_json(at: Service, pull: Pull, wanted: Json) -> Json:
    """The comment that would be made. Answer 422 where GitHub takes none."""
    if wanted["path"] not in [file["filename"] for file in pull.files]:
        raise Answer(422, "Validation Failed", ["pull_request_review_thread.path is invalid"])
    kind = wanted.get("subject_type", "line")
    if kind == "line":
        last = int(wanted.get("line") or 0)
        if last == 0 or wanted.get("side") != "RIGHT":
            raise Answer(422, "Validation Failed", ["line is missing"])
        first = wanted.get("start_line", last)
        if "start_line" in wanted and not first < last:
            raise Answer(422, "Validation Failed", ["start_line must precede the end line"])
        if not pull.shows(wanted["path"], first, last):
            error = "pull_request_review_thread.line must be part of the diff"
            raise Answer(422, "Unprocessable Entity", [error])
    identity = at.new_id()
    return {
        "id": identity,
        "url": f"{at.url}/repos/{REPOSITORY}/pulls/comments/{identity}",
        "body": _body(wanted["body"]),
        "user": at.user(),
        "path": wanted["path"],
        "line": wanted.get("line"),
        "start_line": wanted.get("start_line"),
        "subject_type": kind,
    }


def _commit(pull: Pull, sha: str | None) -> None:
    if sha != pull.head:
        raise Answer(422, "Validation Failed", ["commit_id is not part of the pull request"])


def _review(at: Service, number: str, body: Json, **_: Any) -> tuple[int, Any]:
    """All comments of a review, or none."""
    pull = at.pulls[int(number)]
    _commit(pull, body.get("commit_id"))
    if body.get("event") not in ("COMMENT", "REQUEST_CHANGES") or not body.get("body"):
        raise Answer(422, "Unprocessable Entity", ["a review needs an event and a body"])
    if len(body.get("comments", [])) > 30:
        at.complaints.append("more than 30 comments in a review")
    made = [_review_comment_json(at, pull, wanted) for wanted in body.get("comments", [])]
    at.review_comments += made
    review = {"id": at.new_id(), "body": body["body"], "comments": len(made)}
    at.reviews.append(review)
    return 200, review


def _review_comment(at: Service, number: str, body: Json, **_: Any) -> tuple[int, Any]:
    pull = at.pulls[int(number)]
    _commit(pull, body["commit_id"])
    made = _review_comment_json(at, pull, body)
    at.review_comments.append(made)
    return 201, made


def _check_output(at: Service, run: Json, output: Json) -> None:
    """Annotations are added to those that are there."""
    for annotation in output.get("annotations", []):
        if annotation["start_line"] != annotation["end_line"] and {"start_column", "end_column"} & set(
            annotation
        ):
            raise Answer(422, "Invalid request.", ["columns over several lines"])
        if len(annotation.get("title", "")) > 255 or len(annotation["message"].encode()) > 65_536:
            raise Answer(422, "Invalid request.", ["too long"])
        if annotation["end_line"] < annotation["start_line"] or not annotation["message"]:
            raise Answer(422, "Invalid request.", ["annotation"])
    if len(output["summary"].encode()) > 65_535:
        raise Answer(422, "Invalid request.", ["Only 65535 characters are allowed"])
    run["annotations"] += output.get("annotations", [])
    said = {name: output[name] for name in ("title", "summary")}
    run["output"] = said | {"annotations_count": len(run["annotations"])}


def _ended(run: Json, body: Json) -> None:
    run["status"] = body.get("status", run["status"])
    run["conclusion"] = body.get("conclusion", run["conclusion"])
    if (run["status"] == "completed") != (run["conclusion"] is not None):
        raise Answer(422, "Invalid request.", ["conclusion goes with completed"])


def _create_check_run(at: Service, body: Json, **_: Any) -> tuple[int, Any]:
    run: Json = {"id": at.new_id(), "annotations": [], "conclusion": None, "status": "queued"}
    run |= {name: body[name] for name in ("name", "head_sha", "external_id")}
    run["url"] = f"{at.url}/repos/{REPOSITORY}/check-runs/{run['id']}"
    _ended(run, body)
    _check_output(at, run, body["output"])
    at.check_runs.append(run)
    return 201, {name: value for name, value in run.items() if name != "annotations"}


def _edit_check_run(at: Service, number: str, body: Json, **_: Any) -> tuple[int, Any]:
    run = _found(at.check_runs, number)
    _ended(run, body)
    _check_output(at, run, body["output"])
    return 200, run


def _check_run(at: Service, number: str, **_: Any) -> tuple[int, Any]:
    return 200, _found(at.check_runs, number)


def _list_check_runs(at: Service, sha: str, query: Json, **_: Any) -> tuple[int, Any]:
    runs = [run for run in at.check_runs if run["head_sha"] == sha]
    runs = [run for run in runs if query.get("check_name", run["name"]) == run["name"]]
    return 200, {"total_count": len(runs), "check_runs": runs}


ROUTES: list[tuple[str, str, Callable[..., tuple[int, Any]], str]] = [
    ("GET", "/user", _user, ""),
    ("GET", "/pulls", _pulls, ""),
    ("GET", r"/pulls/(\d+)", _pull, ""),
    ("GET", r"/pulls/(\d+)/files", _files, ""),
    ("GET", r"/pulls/(\d+)/comments", _list_review_comments, ""),
    ("POST", r"/pulls/(\d+)/comments", _review_comment, "pull-requests"),
    ("POST", r"/pulls/(\d+)/reviews", _review, "pull-requests"),
    ("PATCH", r"/pulls/comments/(\d+)", _edit("review_comments"), "pull-requests"),
    ("DELETE", r"/pulls/comments/(\d+)", _delete("review_comments"), "pull-requests"),
    ("GET", r"/issues/(\d+)/comments", _list_comments, ""),
    ("POST", r"/issues/(\d+)/comments", _comment, "pull-requests"),
    ("PATCH", r"/issues/comments/(\d+)", _edit("comments"), "pull-requests"),
    ("DELETE", r"/issues/comments/(\d+)", _delete("comments"), "pull-requests"),
    ("POST", "/check-runs", _create_check_run, "checks"),
    ("GET", r"/check-runs/(\d+)", _check_run, ""),
    ("PATCH", r"/check-runs/(\d+)", _edit_check_run, "checks"),
    ("GET", r"/commits/(\w+)/check-runs", _list_check_runs, ""),
]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    service: Service

    def log_message(self, *_: Any) -> None:
        pass

    def _serve(self) -> None:
        at = self.service
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.loads(data) if data else None
        whole = parts.path.removeprefix(PREFIX)
        path = whole.removeprefix(f"/repos/{REPOSITORY}")
        at.requests.append((self.command, path, body))
        try:
            self._check(whole, query, body)
            self._go_wrong(f"{self.command} {path}", query, body)
            self._send(*at.answer(self.command, path, query, body), query=query)
        except Answer as answer:
            self._send(answer.status, answer.content, answer.headers)
        except (BrokenPipeError, ConnectionResetError):
            return

    def _check(self, path: str, query: Json, body: Any) -> None:
        """What GitHub asks of every request."""
        at = self.service
        if not self.path.startswith(PREFIX):
            raise Answer(404, "Not Found")
        if at.token not in (self.headers.get("Authorization") or ""):
            raise Answer(401, "Bad credentials")
        if wrong := openapi.complaints(self.command, path, query, body):
            at.complaints += [f"{self.command} {path}: {text}" for text in wrong]
            raise Answer(422, "Invalid request.", wrong)

    do_GET = do_POST = do_PATCH = do_DELETE = _serve

    def _go_wrong(self, request: str, query: Json, body: Any) -> None:
        at = self.service
        path = request.partition(" ")[2]
        for trouble in at.trouble:
            if trouble.times > 0 and re.search(trouble.on, request):
                trouble.times -= 1
                if trouble.late:
                    at.answer(self.command, path, query, body)
                time.sleep(trouble.hang)
                if trouble.answer is not None:
                    raise trouble.answer

    def _send(
        self, status: int, content: Any, headers: Json | None = None, query: Json | None = None
    ) -> None:
        size, page = int((query or {}).get("per_page", 30)), int((query or {}).get("page", 1))
        headers = dict(headers or {})
        if isinstance(content, list):  # no page has more than 100, whatever was asked for
            size = min(size, 100)
            if len(content) > page * size:
                rest = f"{self.service.url}{self.path.partition('?')[0].removeprefix(PREFIX)}"
                headers["Link"] = f'<{rest}?per_page={size}&page={page + 1}>; rel="next"'
            content = content[(page - 1) * size : page * size]
        data = b"" if content is None else json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@contextmanager
def serving() -> Iterator[Service]:
    """The service, until the end of the block."""
    service = Service()
    handler = type("Handler", (_Handler,), {"service": service})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        service.url = f"http://127.0.0.1:{server.server_port}{PREFIX}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield service
        finally:
            server.shutdown()
            thread.join()
