"""A whole hub in process, with accounts of every role in two organisations that must not see each other."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from perenne.hub.accounts import system_actor
from perenne.hub.accounts.rules import INSTANCE, Actor, permissions_of
from perenne.hub.accounts.sessions import open_session
from perenne.hub.accounts.tables import OrganisationRow, TokenRow, UserRow
from perenne.hub.app import create_app, open_hub
from perenne.hub.infra.database import Database
from perenne.hub.infra.jobs import InMemoryJobs
from perenne.hub.infra.secrets import csrf_of, make_token_secret
from perenne.hub.infra.services import Hub
from perenne.hub.settings import Settings
from perenne.hub.worker import RoomHandlers
from perenne.kit.clock import FixedClock
from perenne.kit.ids import new_id

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


@dataclass
class HubInProcess:
    """A hub, its application, its clock, and tokens on demand."""

    hub: Hub
    app: FastAPI
    clock: FixedClock
    organisations: dict[str, str] = field(default_factory=dict)

    def actor(self, role: str = "org-admin", *, organisation: str = "acme") -> Actor:
        """Return an actor of `role` for calling services without HTTP."""
        return Actor(
            self.organisations[organisation], "usr_test", f"{role}@{organisation}", role, permissions_of(role)
        )

    def system(self, *, organisation: str = "acme") -> Actor:
        """Return the actor of background work."""
        return system_actor(self.organisations[organisation])

    def token(
        self, role: str = "org-admin", *, organisation: str = "acme", site_ids: list[str] | None = None
    ) -> str:
        """Return the secret of a new token of `role`, valid for a day of the hub's clock."""
        token_id = new_id("tok")
        secret, kept = make_token_secret(token_id)
        home = INSTANCE if role == "instance-admin" else self.organisations[organisation]
        row = TokenRow(
            id=token_id,
            organisation_id=home,
            user_id=None,
            name=f"{role}@{organisation}",
            role=role,
            site_ids=site_ids,
            secret_sha256=kept,
            expires_at=self.clock.now() + timedelta(days=1),
        )
        with self.hub.database.transaction() as session:
            session.add(row)
        return secret

    def client(
        self, role: str = "org-admin", *, organisation: str = "acme", site_ids: list[str] | None = None
    ) -> TestClient:
        """Return an HTTP client signed in as `role`; server errors become answers, as in life."""
        token = self.token(role, organisation=organisation, site_ids=site_ids)
        client = TestClient(self.app, raise_server_exceptions=False)
        client.headers["Authorization"] = f"Bearer {token}"
        return client

    def browser(
        self, role: str = "org-admin", *, organisation: str = "acme", site_ids: list[str] | None = None
    ) -> TestClient:
        """Return a browser that a new person of `role` is signed in with: its cookie, and its CSRF token."""
        home = INSTANCE if role == "instance-admin" else self.organisations[organisation]
        user = UserRow(
            id=new_id("usr"),
            organisation_id=home,
            email=f"{new_id('usr')}@{organisation}.example",
            name=role,
            password_hash="nobody knows it",
            role=role,
            site_ids=site_ids,
        )
        with self.hub.database.transaction() as session:
            session.add(user)
            session.flush()
            _, secret = open_session(session, user, now=self.clock.now())
        client = self.stranger()
        client.cookies.set("perenne", secret)
        client.headers["X-CSRF-Token"] = csrf_of(secret)
        return client

    def stranger(self) -> TestClient:
        """Return an HTTP client without credentials."""
        return TestClient(self.app, raise_server_exceptions=False)


@contextmanager
def hub_in_process(
    folder: Path, *, database_url: str = "", blobs_url: str = "", **settings_given: Any
) -> Iterator[HubInProcess]:
    """Yield a fresh hub in `folder` with the organisations `acme` and `rival`; closed at the end."""
    settings = Settings(data=folder, database_url=database_url, blobs_url=blobs_url, **settings_given)
    database = Database(settings.database)
    hub = open_hub(settings, database=database)
    clock = FixedClock(START)
    hub.clock = clock
    hub.jobs = InMemoryJobs(hub, RoomHandlers())
    database.create_all()
    organisations = {}
    with database.transaction() as session:
        for slug in ("acme", "rival"):
            row = OrganisationRow(id=new_id("org"), slug=slug, name=slug.title())
            session.add(row)
            organisations[slug] = row.id
    app = create_app(hub)
    try:
        yield HubInProcess(hub, app, clock, organisations)
    finally:
        app.state.live.close()
        database.dispose()
