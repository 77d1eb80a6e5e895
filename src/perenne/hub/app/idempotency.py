"""Idempotency keys: a POST sent twice with the same `Idempotency-Key` has one effect and one answer.

Owns the answers given to such requests. Refuses a key that comes back with another request.
A request that dies with the process may be sent again after a minute; large answers are not kept.
"""

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from perenne.hub.accounts.auth import identify
from perenne.hub.app.errors import problem_response
from perenne.hub.infra.replies import KeptReply, hold_key, keep_reply
from perenne.hub.infra.services import Hub
from perenne.kit.errors import PerenneError
from perenne.kit.hashing import sha256_hex

MAX_KEPT_BYTES = 1_000_000


class IdempotentReplies:
    """Answers a repeated POST with what the first one was answered."""

    def __init__(self, app: ASGIApp, *, hub: Hub) -> None:
        self.app = app
        self.hub = hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = Headers(scope=scope).get("idempotency-key") if scope["type"] == "http" else None
        if key is None or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        body = await _whole_body(receive)
        try:
            held = await to_thread.run_sync(self._hold, scope, key[:200], sha256_hex(body))
        except PerenneError as error:
            await problem_response(error)(scope, receive, send)
            return
        if isinstance(held, KeptReply):
            headers = {"Idempotent-Replay": "true"}
            kept = Response(held.body, held.status, headers, held.content_type)
            await kept(scope, receive, send)
            return
        recorder = _Recorder(send)
        try:
            await self.app(scope, _replay(body, receive), recorder)
        finally:
            await to_thread.run_sync(self._let_go, held, recorder)

    def _hold(self, scope: Scope, key: str, body_sha256: str) -> KeptReply | str:
        now = self.hub.clock.now()
        actor = identify(self.hub, HTTPConnection(scope), method=scope["method"])
        query = scope["query_string"].decode()
        request = sha256_hex(f"{scope['path']}?{query} {actor.principal_id} {body_sha256}".encode())
        return hold_key(
            self.hub.database,
            organisation_id=actor.organisation_id,
            key=key,
            request_sha256=request,
            now=now,
        )

    def _let_go(self, row_id: str, recorder: "_Recorder") -> None:
        keep_reply(self.hub.database, row_id=row_id, reply=recorder.reply())


class _Recorder:
    """Passes an answer on and keeps a copy."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._body = bytearray()
        self.status = 500
        self.content_type = ""

    def reply(self) -> KeptReply | None:
        """Return the answer when it is a success worth keeping."""
        small = len(self._body) <= MAX_KEPT_BYTES
        if 200 <= self.status < 300 and small and self.content_type.startswith("application/json"):
            return KeptReply(self.status, self.content_type, self._body.decode())
        return None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.content_type = Headers(raw=message["headers"]).get("content-type", "")
        elif message["type"] == "http.response.body" and len(self._body) <= MAX_KEPT_BYTES:
            self._body.extend(message.get("body", b""))
        await self._send(message)


async def _whole_body(receive: Receive) -> bytes:
    parts = []
    more = True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def replayed() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed
