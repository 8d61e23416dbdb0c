"""JSON over HTTP, with a limit. Redirects are not followed: a token must not go where nobody sent it."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from migration_lint.checklist.probes.secrets import secret
from migration_lint.checklist.unanswered import Unanswered
from migration_lint.targets import Secret

_MOST = 16 * 1024 * 1024
"""Bytes of an answer; a longer one is none."""


class _Straight(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_Straight)


def ask_json(
    url: str,
    seconds: float,
    headers: Mapping[str, str] | None = None,
    body: object = None,
    *,
    statuses: tuple[int, ...] = (200,),
) -> Any:
    """The document at a URL; posted to it, where there is a `body`. Raises `Unanswered` without it."""
    host = host_of(url)
    request = urllib.request.Request(  # noqa: S310 - the scheme is http or https: host_of has looked
        url,
        None if body is None else msgspec.json.encode(body),
        {"Accept": "application/json", "Content-Type": "application/json", **(headers or {})},
    )
    try:
        with _OPENER.open(request, timeout=seconds) as answer:
            status, text = answer.status, answer.read(_MOST + 1)
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read(_MOST + 1)
    except (OSError, ValueError) as error:
        raise Unanswered(f"{host}: no answer ({type(error).__name__})") from None
    if status not in statuses:
        raise Unanswered(f"{host} answers {status}")
    try:
        return msgspec.json.decode(text)
    except ValueError:
        raise Unanswered(f"{host} does not answer in JSON") from None


def host_of(url: str) -> str:
    """``prometheus:9090``. Raises `Unanswered` for what is no URL, and for one with a password in it."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Unanswered("its url is none: write http://… or https://…")
    if parts.username or parts.password:
        raise Unanswered(f'the url of {parts.hostname} has a secret in it: write token = {{ env = "NAME" }}')
    return parts.netloc


def bearer(token: Secret | None, seconds: float) -> dict[str, str]:
    """The header of a token, where there is one."""
    return {} if token is None else {"Authorization": f"Bearer {secret(token, seconds)}"}
