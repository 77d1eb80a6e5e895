"""Messages about organisations, users, sessions and tokens."""

from datetime import datetime

from pydantic import Field

from perenne.wire.base import Message
from perenne.wire.sites import Slug

Email = Field(pattern=r"^[^@\s]{1,64}@[^@\s]{1,190}$", max_length=255)


class OrganisationNew(Message):
    """An organisation to create, with the account of its first administrator."""

    slug: str = Slug
    name: str = Field(min_length=1, max_length=200)
    admin_email: str = Email
    admin_password: str = Field(min_length=12, max_length=200)


class Organisation(Message):
    """An organisation."""

    id: str
    slug: str
    name: str
    created_at: datetime


class UserNew(Message):
    """A user to create. `sites` (ids) limits what the user sees; None means all sites."""

    email: str = Email
    name: str = Field(min_length=1, max_length=200)
    password: str = Field(min_length=12, max_length=200)
    role: str
    sites: list[str] | None = None


class UserChange(Message):
    """What an administrator may change of a user; absent fields stay."""

    name: str | None = Field(default=None, min_length=1, max_length=200)
    role: str | None = None
    sites: list[str] | None = None
    all_sites: bool = False
    disabled: bool | None = None
    password: str | None = Field(default=None, min_length=12, max_length=200)


class User(Message):
    """A user. `site_ids` is None when the user sees every site of the organisation."""

    id: str
    email: str
    name: str
    role: str
    site_ids: list[str] | None
    disabled: bool
    created_at: datetime


class SignIn(Message):
    """Credentials exchanged for a token."""

    email: str
    password: str
    token_name: str = Field(default="session", max_length=100)
    days: int = Field(default=1, ge=1, le=365)


class BrowserSignIn(Message):
    """Credentials exchanged for a browser session."""

    email: str = Field(max_length=255)
    password: str = Field(max_length=200)


class Session(Message):
    """Who is signed in, and what the person may do. `csrf` goes into the header X-CSRF-Token of every request
    that changes something; it is empty for a token, which needs none. `email` is empty for a machine."""

    user_id: str
    email: str
    name: str
    organisation: str
    organisation_name: str
    role: str
    permissions: list[str]
    site_ids: list[str] | None
    csrf: str
    locale: str | None


class Invitation(Message):
    """An address, below the hub's, that signs one browser in, once, until `expires_at`."""

    path: str
    expires_at: datetime


class InvitationAccepted(Message):
    """The word of an invitation, from behind the # of its address."""

    secret: str = Field(min_length=1, max_length=200)


class PasswordChange(Message):
    """One's present password and the one to come."""

    current: str = Field(max_length=200)
    new: str = Field(min_length=12, max_length=200)


class SessionChange(Message):
    """What people may change of themselves; absent fields stay."""

    name: str | None = Field(default=None, min_length=1, max_length=200)
    locale: str | None = Field(default=None, pattern=r"^[a-z]{2}(-[A-Z]{2})?$")
    password: PasswordChange | None = None


class Role(Message):
    """A role: what it is for and what it may do."""

    name: str
    about: str
    permissions: list[str]


class RoleMatrix(Message):
    """Every permission with what it allows, and every role."""

    permissions: dict[str, str]
    roles: list[Role]


class TokenNew(Message):
    """A token to create. `role` defaults to the caller's own; it can never hold more rights."""

    name: str = Field(min_length=1, max_length=100)
    days: int = Field(default=90, ge=1, le=365)
    role: str | None = None
    sites: list[str] | None = None


class Token(Message):
    """A token, without its secret."""

    id: str
    name: str
    role: str
    site_ids: list[str] | None
    user_id: str | None
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None
    created_at: datetime


class TokenSecret(Token):
    """A token just created: the only time that its secret is told."""

    secret: str


class WhoAmI(Message):
    """Who the caller is and what the caller may do."""

    organisation_id: str
    organisation: str
    principal_id: str
    name: str
    role: str
    permissions: list[str]
    site_ids: list[str] | None


class AuditEvent(Message):
    """Something somebody did."""

    id: str
    at: datetime
    actor: str
    action: str
    object_type: str
    object_id: str
    detail: dict[str, object]
