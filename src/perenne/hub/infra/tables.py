"""Tables of the hub itself: what belongs to no organisation."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from perenne.hub.infra.database import Base


class HubFactRow(Base):
    """A fact about this hub: its store's id, its epoch (new after each restore)."""

    __tablename__ = "hub_facts"
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[str] = mapped_column(String(400))
