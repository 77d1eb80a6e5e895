"""Label schemas of the hub.

Owns the calls. Refuses to change a schema behind the caller's back: `ensure` compares and says what differs.
"""

from collections.abc import Iterator, Sequence
from typing import cast

from perenne.client.presence import found_or_made
from perenne.client.transport import Transport
from perenne.kit.errors import Conflict
from perenne.wire.base import Listing
from perenne.wire.schemas import (
    LabelSchema,
    LabelSchemaChange,
    LabelSchemaNew,
    LabelSchemaVersion,
    ProblemName,
)


class SchemaDiffers(Conflict):
    """A label schema of that name exists and asks for something else."""

    code = "schema-differs"
    title = "The label schema is another one"


class Schemas:
    """Calls about label schemas. Names are slugs or ids."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self) -> Iterator[LabelSchema]:
        """Yield every label schema."""
        for page in self._transport.pages("/label-schemas", Listing[LabelSchema]):
            yield from page.items

    def get(self, schema: str) -> LabelSchema:
        """Return one label schema."""
        return self._transport.get(f"/label-schemas/{schema}", LabelSchema)

    def add(
        self,
        slug: str,
        *,
        problem: str,
        classes: Sequence[str] = (),
        name: str | None = None,
        good_class: str | None = None,
        unit: str | None = None,
    ) -> LabelSchema:
        """Create a label schema."""
        body = LabelSchemaNew(
            slug=slug,
            name=name or slug,
            problem=cast(ProblemName, problem),
            classes=[*classes],
            good_class=good_class,
            unit=unit,
        )
        return self._transport.post("/label-schemas", LabelSchema, body=body)

    def ensure(
        self,
        slug: str,
        *,
        problem: str,
        classes: Sequence[str] = (),
        name: str | None = None,
        good_class: str | None = None,
    ) -> LabelSchema:
        """Return the schema called `slug`, created when missing. Raises: SchemaDiffers."""
        schema = found_or_made(
            lambda: self.get(slug),
            lambda: self.add(slug, problem=problem, classes=classes, name=name, good_class=good_class),
        )
        missing = [c for c in classes if c not in schema.classes]
        if schema.problem != problem or missing:
            what = (
                f"lacks {', '.join(missing)}" if missing else f"is a {schema.problem} schema, not {problem}"
            )
            raise SchemaDiffers(
                f"Label schema '{slug}' {what}.",
                remedy=f"Use another name, or `perenne schemas extend {slug} --class NAME`.",
            )
        if good_class is not None and schema.good_class not in (None, good_class):
            raise SchemaDiffers(
                f"In label schema '{slug}' a good part is '{schema.good_class}', not '{good_class}'.",
                remedy="Use another name for the schema, or that class.",
            )
        return schema

    def extend(self, schema: str, *, classes: Sequence[str]) -> LabelSchema:
        """Add classes at the end: a new version of the schema."""
        body = LabelSchemaChange(add_classes=[*classes]).model_dump(mode="json", exclude_none=True)
        response = self._transport.request("PATCH", f"/label-schemas/{schema}", json=body)
        return self._transport.read(response, LabelSchema)

    def versions(self, schema: str) -> Iterator[LabelSchemaVersion]:
        """Yield the versions that a schema has had."""
        for page in self._transport.pages(f"/label-schemas/{schema}/versions", Listing[LabelSchemaVersion]):
            yield from page.items
