"""Who is who: signing in, users, tokens, the record of what was done.

Owns the calls. Refuses to keep a secret: what is kept on this machine is the caller's decision.
"""

from collections.abc import Iterator
from typing import Any

from perenne.client.transport import Transport
from perenne.wire.accounts import (
    AuditEvent,
    SignIn,
    Token,
    TokenNew,
    TokenSecret,
    User,
    UserChange,
    UserNew,
    WhoAmI,
)
from perenne.wire.base import Listing


class Accounts:
    """Calls about people and programs."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def sign_in(
        self, email: str, password: str, *, token_name: str = "session", days: int = 1
    ) -> TokenSecret:
        """Exchange e-mail and password for a token; the transport uses it from now on."""
        body = SignIn(email=email, password=password, token_name=token_name, days=days)
        token: TokenSecret = self._transport.post("/session", TokenSecret, body=body)
        self._transport.token = token.secret
        return token

    def me(self) -> WhoAmI:
        """Return who the caller is and what the caller may do."""
        return self._transport.get("/me", WhoAmI)

    def users(self) -> Iterator[User]:
        """Yield the users of the organisation."""
        for page in self._transport.pages("/users", Listing[User]):
            yield from page.items

    def add_user(
        self, email: str, *, name: str, password: str, role: str, sites: list[str] | None = None
    ) -> User:
        """Add a user; `sites` limits what the user sees."""
        body = UserNew(email=email, name=name, password=password, role=role, sites=sites)
        return self._transport.post("/users", User, body=body)

    def change_user(self, user_id: str, **changes: Any) -> User:
        """Change name, role, sites, all_sites or disabled of a user."""
        body = UserChange(**changes).model_dump(mode="json", exclude_none=True)
        response = self._transport.request("PATCH", f"/users/{user_id}", json=body, repeatable=True)
        return self._transport.read(response, User)

    def tokens(self) -> Iterator[Token]:
        """Yield one's own tokens; all of the organisation's for an administrator."""
        for page in self._transport.pages("/tokens", Listing[Token]):
            yield from page.items

    def add_token(
        self, name: str, *, days: int = 90, role: str | None = None, sites: list[str] | None = None
    ) -> TokenSecret:
        """Make a token; its secret is told this once."""
        body = TokenNew(name=name, days=days, role=role, sites=sites)
        return self._transport.post("/tokens", TokenSecret, body=body)

    def revoke_token(self, token_id: str) -> Token:
        """Revoke a token at once."""
        return self._transport.read(self._transport.request("DELETE", f"/tokens/{token_id}"), Token)

    def audit(self, *, object_id: str | None = None) -> Iterator[AuditEvent]:
        """Yield what was done, latest first."""
        for page in self._transport.pages("/audit", Listing[AuditEvent], object_id=object_id):
            yield from page.items
