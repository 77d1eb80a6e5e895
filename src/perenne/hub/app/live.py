"""Who is looking, and what they must hear: one publisher a process, one stream an open page.

Owns topics, the streams of this process and the watch over other processes, which runs only while somebody
looks. Promises that a stream hears of its own organisation only, of topics that its person may see only, and
never what changed. An idle stream holds neither a thread nor a database connection.
"""

import asyncio
import threading
import weakref
from collections.abc import Iterable
from contextlib import suppress

from perenne.hub.accounts import Actor
from perenne.hub.infra.changes import Change
from perenne.hub.infra.notices import ChangeTeller, ChangeWatch
from perenne.hub.infra.services import Hub
from perenne.kit.errors import PerenneError

TOPICS: dict[str, tuple[str, tuple[str, ...]]] = {
    "sites": ("sites:read", ("sites", "production_lines", "stations", "products")),
    "images": (
        "images:read",
        ("images", "image_classes", "refused_images", "image_signals", "station_gates"),
    ),
    "truths": ("truth:read", ("ground_truths",)),
    "schemas": ("schemas:read", ("label_schemas", "label_schema_versions")),
    "datasets": ("datasets:read", ("datasets", "dataset_versions", "sealed_openings")),
    "runs": ("runs:read", ("runs", "run_points", "run_log_lines")),
    "models": ("models:read", ("model_versions",)),
    "evaluations": ("evaluations:read", ("evaluations", "evaluation_slices")),
    "deployments": ("deployments:read", ("deployments",)),
    "predictions": ("predictions:read", ("predictions",)),
    "monitoring": (
        "monitoring:read",
        (
            "watch_contexts",
            "watch_references",
            "alarms",
            "incidents",
            "incident_steps",
            "probes",
            "golden_parts",
        ),
    ),
    "performance": (
        "performance:read",
        ("judged_images", "performance_weeks", "claims", "certificates", "performance_estimates"),
    ),
    "jobs": ("jobs:read", ("jobs",)),
    "users": ("users:read", ("users", "api_tokens")),
    "imports": ("images:read", ("imports", "import_files")),
}
"""Each topic, the permission that lets a person hear of it, and the tables that it is about."""
TOPIC_OF = {table: topic for topic, (_, tables) in TOPICS.items() for table in tables}
CREDENTIALS = {"users", "api_tokens", "browser_sessions"}
"""Tables whose change may end a stream."""
MAX_STREAMS = 20


class TooManyStreams(PerenneError):
    """One person follows events in too many places."""

    code = "too-many-streams"
    title = "Too many streams of events"
    status = 429


class Stream:
    """What one open page has yet to hear. Told from any thread, heard on its own event loop."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.ended = False
        self.must_identify = False
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._topics: set[str] = set()
        self._lock = threading.Lock()

    def tell(self, tables: Iterable[str]) -> None:
        """The stream hears of these tables of its organisation, as far as its person may."""
        told = set(tables)
        topics = {TOPIC_OF[table] for table in told if table in TOPIC_OF}
        heard = {topic for topic in topics if self.actor.may(TOPICS[topic][0])}
        if heard or told & CREDENTIALS:
            with self._lock:
                self._topics |= heard
                self.must_identify = self.must_identify or bool(told & CREDENTIALS)
            self._wake()

    def end(self) -> None:
        """The stream ends at once."""
        self.ended = True
        self._wake()

    async def wait(self, *, timeout_s: float) -> bool:
        """Return when there is news, or the time is up; say whether there is news."""
        try:
            async with asyncio.timeout(timeout_s):
                return await self._news.wait()
        except TimeoutError:
            return False

    def take(self) -> list[str]:
        """Return the topics that were not heard yet, in the order of the alphabet."""
        with self._lock:
            self._news.clear()
            topics, self._topics = self._topics, set()
        return sorted(topics)

    def _wake(self) -> None:
        with suppress(RuntimeError):  # the loop is closed, and with it every stream
            self._loop.call_soon_threadsafe(self._news.set)


class Publisher:
    """Hands every commit's news to the streams that it concerns."""

    def __init__(self, hub: Hub) -> None:
        self._teller = ChangeTeller(hub.database, clock=hub.clock)
        self._watch = ChangeWatch(
            hub.database, clock=hub.clock, process_id=self._teller.process_id, hand_on=self.publish
        )
        self._streams: weakref.WeakSet[Stream] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._closed = False
        hub.database.change_listeners.append(self.publish)

    def join(self, actor: Actor) -> Stream:
        """Return a new stream for `actor`. Raises: TooManyStreams."""
        with self._lock:
            mine = [stream for stream in self._streams if stream.actor.principal_id == actor.principal_id]
            if len(mine) >= MAX_STREAMS:
                raise TooManyStreams(
                    f"{actor.name} follows events in {len(mine)} places already.",
                    remedy="Close some of the open pages; without a stream they ask again every 30 s.",
                )
            stream = Stream(actor)
            self._streams.add(stream)
            if self._closed:
                stream.end()
            else:
                self._watch.start()
        return stream

    def leave(self, stream: Stream) -> None:
        """The stream is forgotten; with the last one the watch ends."""
        with self._lock:
            self._streams.discard(stream)
            if not self._streams:
                self._watch.stop()

    def publish(self, changes: Iterable[Change]) -> None:
        """Every stream of the organisations that changed hears of it."""
        tables: dict[str, set[str]] = {}
        for organisation_id, table in changes:
            tables.setdefault(organisation_id, set()).add(table)
        with self._lock:
            streams = list(self._streams)
        for stream in streams:
            told = tables.get(stream.actor.organisation_id)
            if told:
                stream.tell(told)

    def close(self) -> None:
        """Every stream ends, now and from now on."""
        with self._lock:
            self._closed = True
            streams = list(self._streams)
        self._watch.stop()
        for stream in streams:
            stream.end()
        self._teller.close()
