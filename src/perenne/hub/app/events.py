"""The stream of server-sent events: says which kind of thing changed, so that a page asks again.

Owns the wire form, the heartbeat and the pace. Refuses to carry data: whoever hears asks through the API,
with the rights of that moment. A stream ends with its credentials.
"""

import asyncio
import json
from typing import Annotated

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from perenne.hub.accounts.auth import GuardedRouter, HubOnly, binary, current_actor, identify
from perenne.hub.accounts.rules import Actor
from perenne.hub.app.live import Publisher, Stream
from perenne.hub.infra.services import Hub
from perenne.kit.errors import PerenneError

router = GuardedRouter(tag="events")
HEARTBEAT_S = 15.0
PACE_S = 0.15
"""Time between two messages at least: the first leaves at once, what follows closely is gathered."""
RETRY_MS = 2000


class EventStream(Response):
    """A response that lasts as long as its reader stays, its person may, and the hub runs."""

    media_type = "text/event-stream"

    def __init__(self, stream: Stream, *, publisher: Publisher, hub: Hub, request: Request) -> None:
        self.status_code = 200
        self.background = None
        self.body = b""
        self.init_headers({"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._stream = stream
        self._publisher = publisher
        self._hub = hub
        self._request = request

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        telling = asyncio.ensure_future(self._tell(send))
        leaving = asyncio.ensure_future(_left(receive))
        try:
            await asyncio.wait((telling, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._publisher.leave(self._stream)
            for task in (telling, leaving):
                task.cancel()
            await asyncio.gather(telling, leaving, return_exceptions=True)

    async def _tell(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        await _write(send, f"retry: {RETRY_MS}\n\n")
        while not self._stream.ended:
            news = await self._stream.wait(timeout_s=HEARTBEAT_S)
            topics = self._stream.take()
            if self._stream.must_identify or not news:
                await self._identify()
            if self._stream.ended:
                break
            if topics:
                await _write(send, f"event: changed\ndata: {json.dumps({'topics': topics})}\n\n")
                await asyncio.sleep(PACE_S)
            elif not news:
                await _write(send, ": still here\n\n")
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _identify(self) -> None:
        """Know again who reads, with today's rights; the stream ends when it is nobody any more."""
        self._stream.must_identify = False
        try:
            self._stream.actor = await run_in_threadpool(identify, self._hub, self._request, method="GET")
        except PerenneError:
            self._stream.end()


@router.get(
    "/events", permission="accounts:self", response_class=Response, responses=binary("text/event-stream")
)
async def follow_events(
    request: Request, hub: HubOnly, actor: Annotated[Actor, Depends(current_actor)]
) -> EventStream:
    """Follow what changes: `event: changed`, data `{"topics": [...]}`; a comment every 15 s."""
    publisher: Publisher = request.app.state.live
    return EventStream(publisher.join(actor), publisher=publisher, hub=hub, request=request)


async def _write(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


async def _left(receive: Receive) -> None:
    """Return when the reader has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
