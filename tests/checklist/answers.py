"""A server on the loop-back address that gives answers which were recorded, or made."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.project.readme import ROOT

ANSWERS = ROOT / "fixtures" / "answers"


class Service:
    """What it answers, by path (for ``?query=``, by ``path?query``), and the headers that it has `seen`."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers = dict(answers)
        self.statuses: dict[str, int] = {}
        self.seen: list[dict[str, str]] = []
        self.wait = threading.Event()
        self.url = ""

    def answer(self, target: str) -> tuple[int, bytes]:
        parts = urlsplit(target)
        (query,) = parse_qs(parts.query).get("query", [""])
        key = f"{parts.path}?{query}" if query else parts.path
        if key not in self.answers:
            return (
                (200, b'{"status":"success","data":{"resultType":"vector","result":[]}}')
                if query
                else (404, b"")
            )
        answer = self.answers[key]
        if answer == "hang":
            self.wait.wait(30)
        text = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        return self.statuses.get(key, 200), text


@contextmanager
def serving(answers: Mapping[str, Any]) -> Iterator[Service]:
    """The service, while it runs."""
    service = Service(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            service.seen.append(dict(self.headers))
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, text = service.answer(self.path)
            self.send_response(status)
            if status in (301, 302):
                self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()
            self.wfile.write(text)

        do_POST = do_GET

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        service.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield service
        finally:
            service.wait.set()
            server.shutdown()
            thread.join()


def recorded(name: str) -> Any:
    """A recorded answer, as JSON."""
    return json.loads((ANSWERS / name).read_text())
