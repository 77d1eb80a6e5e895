"""Tables of the hub itself: facts about it, answers to keyed requests, and news between its processes."""

from datetime import datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from perenne.hub.infra.database import Base
from perenne.kit.clock import utc_now


class HubFactRow(Base):
    """A fact about this hub: its store's id, its epoch (new after each restore)."""

    __tablename__ = "hub_facts"
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[str] = mapped_column(String(400))


class IdempotencyRow(Base):
    """The answer once given to a request with an Idempotency-Key."""

    __tablename__ = "idempotent_replies"
    __table_args__ = (UniqueConstraint("organisation_id", "key"),)
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(200))
    request_sha256: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    content_type: Mapped[str] = mapped_column(String(100))
    body: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class ChangeNoticeRow(Base):
    """How often a process has changed a table of an organisation while another process was listening."""

    __tablename__ = "change_notices"
    process_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    table_name: Mapped[str] = mapped_column(String(80), primary_key=True)
    number: Mapped[int]
    at: Mapped[datetime]


class ChangeListenerRow(Base):
    """A process that wants to hear of changes until then."""

    __tablename__ = "change_listeners"
    process_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    until: Mapped[datetime]
