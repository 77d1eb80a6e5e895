"""Tables of organisations, users, tokens, browser sessions and audit events."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from perenne.hub.infra.database import Base, TenantRow
from perenne.kit.clock import utc_now


class OrganisationRow(Base):
    """A tenant."""

    __tablename__ = "organisations"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class UserRow(TenantRow, Base):
    """A person. `site_ids` is null when the person sees every site of the organisation."""

    __tablename__ = "users"
    email: Mapped[str] = mapped_column(String(255), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str] = mapped_column(String(255))
    role: Mapped[str] = mapped_column(String(40))
    site_ids: Mapped[list[str] | None]
    disabled_at: Mapped[datetime | None]
    locale: Mapped[str | None] = mapped_column(String(10))


class TokenRow(TenantRow, Base):
    """An API token; only the hash of its secret is kept."""

    __tablename__ = "api_tokens"
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(String(100))
    secret_sha256: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(40))
    site_ids: Mapped[list[str] | None]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class BrowserSessionRow(TenantRow, Base):
    """A person signed in by a browser; only the hash of the cookie's secret is kept. Ended rows go."""

    __tablename__ = "browser_sessions"
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    secret_sha256: Mapped[str] = mapped_column(String(64))
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class AuditRow(TenantRow, Base):
    """Something somebody did; rows are only ever added."""

    __tablename__ = "audit_events"
    __table_args__ = (Index("ix_audit_events_object", "organisation_id", "object_type", "object_id"),)
    actor: Mapped[str] = mapped_column(String(200))
    action: Mapped[str] = mapped_column(String(80))
    object_type: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[str] = mapped_column(String(80))
    detail: Mapped[dict[str, Any]]
