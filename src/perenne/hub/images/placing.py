"""From the names of a capture context to ids: site, line, station, product, template.

Owns these look-ups, each asked once for many images. Refuses a context that contradicts what the sites room
knows, and a template that was not pushed as one.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC

from sqlalchemy.orm import Session

from perenne.hub.accounts import Actor
from perenne.hub.images import queries
from perenne.hub.images.errors import ContextContradicts
from perenne.hub.images.rules import Placed
from perenne.hub.images.tables import ImageRow
from perenne.hub.sites import get_line, get_product, get_site, get_station
from perenne.kit.errors import NotFound
from perenne.wire.images import CaptureContext


class Places:
    """Turns the names of capture contexts into ids, each asked once."""

    def __init__(self, session: Session, actor: Actor) -> None:
        self._session = session
        self._actor = actor
        self._found: dict[tuple[str | None, ...], Placed] = {}

    def find(self, context: CaptureContext) -> Placed:
        """Return the context with ids. Raises: NotFound, ContextContradicts."""
        key = (context.site, context.line, context.station, context.product)
        if key not in self._found:
            self._found[key] = self._look_up(*key)
        return replace(
            self._found[key],
            kind=context.kind,
            captured_at=None if context.captured_at is None else context.captured_at.astimezone(UTC),
            camera=context.camera,
            part_id=context.part_id,
            batch_id=context.batch_id,
            group_key=context.group_key,
            external_id=context.external_id,
            file_name=context.file_name,
            reference=context.reference,
            reference_image_id=self._found[key].reference_image_id if context.kind == "capture" else None,
            context=dict(context.extra),
        )

    def _look_up(
        self, site: str | None, line: str | None, station: str | None, product: str | None
    ) -> Placed:
        session, actor = self._session, self._actor
        site_row = get_site(session, actor, str(site))
        station_row = None if station is None else get_station(session, actor, site=site_row, name=station)
        line_id = None if line is None else get_line(session, actor, site=site_row, name=line).id
        if station_row is not None and station_row.line_id is not None:
            if line_id not in (None, station_row.line_id):
                raise ContextContradicts(
                    f"Station '{station}' does not stand on line '{line}' of site '{site}'.",
                    remedy="Leave the line out: the station knows it.",
                )
            line_id = station_row.line_id
        return Placed(
            kind="capture",
            site_id=site_row.id,
            line_id=line_id,
            station_id=None if station_row is None else station_row.id,
            product_id=None if product is None else get_product(session, actor, product).id,
            reference_image_id=None if station_row is None else station_row.reference_image_id,
        )


class References:
    """Finds the templates named by id or hash, all with one question."""

    def __init__(self, session: Session, actor: Actor, placed: Iterable[Placed]) -> None:
        names = {place.reference for place in placed if place.reference is not None}
        self._rows = {row.id: row for row in queries.images_where(session, actor, "id", names)}
        self._rows |= {row.sha256: row for row in queries.images_where(session, actor, "sha256", names)}

    def find(self, place: Placed, stored: dict[str, ImageRow]) -> str | None:
        """Return the template's id, else the station's. Raises: NotFound, ContextContradicts."""
        if place.reference is None:
            return place.reference_image_id
        row = self._rows.get(place.reference)
        if row is None and place.reference in stored:
            row = stored[place.reference]
        if row is None:
            raise NotFound.of("reference image", place.reference)
        if row.kind != "reference":
            raise ContextContradicts(
                f"Image {row.id} is not a template: it was pushed as a {row.kind}.",
                remedy="Push templates with kind=reference, before the images that name them.",
            )
        return row.id
