"""Tables of imports and of the files that they received."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from perenne.hub.infra.database import Base, TenantRow


class ImportRow(TenantRow, Base):
    """One import of one site. `state` is where it stands, unless its job says that it failed.

    `bytes` counts what was received, a file sent anew twice. `given_at` is the moment of the first run: the
    truth of a run that was interrupted is not dated anew.
    """

    __tablename__ = "imports"
    __table_args__ = (Index("ix_imports_list", "organisation_id", "id"),)
    name: Mapped[str] = mapped_column(String(200))
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    station_id: Mapped[str | None] = mapped_column(ForeignKey("stations.id"))
    product_id: Mapped[str | None] = mapped_column(ForeignKey("products.id"))
    state: Mapped[str] = mapped_column(String(12))
    files: Mapped[int]
    bytes: Mapped[int] = mapped_column(BigInteger)
    passed_over: Mapped[dict[str, Any]]
    mapping: Mapped[dict[str, Any]]
    report: Mapped[dict[str, Any] | None]
    result: Mapped[dict[str, Any] | None]
    job_id: Mapped[str | None] = mapped_column(String(40))
    given_at: Mapped[datetime | None]
    created_by: Mapped[str] = mapped_column(String(200))


class ImportFileRow(TenantRow, Base):
    """A received file; its bytes lie under their hash in the import's own place until the import ends.

    `image` and `truth` say what became of it; they are written in the transaction that made it so.
    """

    __tablename__ = "import_files"
    __table_args__ = (UniqueConstraint("import_id", "path"),)
    import_id: Mapped[str] = mapped_column(ForeignKey("imports.id"))
    path: Mapped[str] = mapped_column(String(1000))
    sha256: Mapped[str] = mapped_column(String(64))
    bytes: Mapped[int] = mapped_column(BigInteger)
    image: Mapped[str | None] = mapped_column(String(10))
    truth: Mapped[str | None] = mapped_column(String(10))
    issue: Mapped[dict[str, Any] | None]
