"""The client: one object whose attributes are the rooms of the hub.

Owns the assembly. Refuses work at construction: nothing is sent, and a room's messages are read when it is
used.
"""

from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import httpx

from perenne.client.credentials import find_credentials
from perenne.client.transport import Transport

if TYPE_CHECKING:
    from perenne.client.accounts import Accounts
    from perenne.client.datasets import Datasets
    from perenne.client.deployments import Deployments
    from perenne.client.evaluations import Evaluations
    from perenne.client.images import Images
    from perenne.client.imports import Imports
    from perenne.client.inspections import Inspections
    from perenne.client.jobs import Jobs
    from perenne.client.models import Models
    from perenne.client.monitoring import Monitoring
    from perenne.client.performance import Performance
    from perenne.client.reports import Reports
    from perenne.client.runs import Runs
    from perenne.client.schemas import Schemas
    from perenne.client.sites import Sites
    from perenne.client.truth import Truths


class Client:
    """A hub, as one user or program sees it.

    Without arguments: PERENNE_URL and PERENNE_TOKEN, else what `perenne login` or `perenne up` left on this
    machine. `http` is an open connection to use instead of a new one (a test's, or one behind a proxy).
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        data: Path | None = None,
        http: httpx.Client | None = None,
        transport: Transport | None = None,
    ) -> None:
        if transport is None:
            found = find_credentials(url, token=token, data=data)
            transport = Transport(found.url, token=found.token, http=http)
        self.transport = transport

    @property
    def url(self) -> str:
        """Address of the hub."""
        return self.transport.url

    @cached_property
    def accounts(self) -> "Accounts":
        """Who is who: session, users, tokens."""
        from perenne.client.accounts import Accounts

        return Accounts(self.transport)

    @cached_property
    def sites(self) -> "Sites":
        """Sites, lines, stations and products."""
        from perenne.client.sites import Sites

        return Sites(self.transport)

    @cached_property
    def images(self) -> "Images":
        """Push and list images."""
        from perenne.client.images import Images

        return Images(self.transport)

    @cached_property
    def schemas(self) -> "Schemas":
        """Label schemas."""
        from perenne.client.schemas import Schemas

        return Schemas(self.transport)

    @cached_property
    def truth(self) -> "Truths":
        """Ground truth given from outside."""
        from perenne.client.truth import Truths

        return Truths(self.transport)

    @cached_property
    def imports(self) -> "Imports":
        """Labelled sets: COCO, CSV, a folder per class."""
        from perenne.client.imports import Imports

        return Imports(self)

    @cached_property
    def datasets(self) -> "Datasets":
        """Datasets and their frozen versions."""
        from perenne.client.datasets import Datasets

        return Datasets(self.transport, jobs=self.jobs)

    @cached_property
    def runs(self) -> "Runs":
        """Training runs."""
        from perenne.client.runs import Runs

        return Runs(self.transport)

    @cached_property
    def models(self) -> "Models":
        """Model versions."""
        from perenne.client.models import Models

        return Models(self.transport)

    @cached_property
    def evaluations(self) -> "Evaluations":
        """Evaluations, their slices, and comparisons."""
        from perenne.client.evaluations import Evaluations

        return Evaluations(self.transport)

    @cached_property
    def deployments(self) -> "Deployments":
        """Which version answers where."""
        from perenne.client.deployments import Deployments

        return Deployments(self.transport)

    @cached_property
    def inspections(self) -> "Inspections":
        """Send an image to a station, read its decision; what was decided before."""
        from perenne.client.inspections import Inspections

        return Inspections(self.transport)

    @cached_property
    def monitoring(self) -> "Monitoring":
        """How every stream stands, what alarmed and why; the gates of stations."""
        from perenne.client.monitoring import Monitoring

        return Monitoring(self.transport)

    @cached_property
    def performance(self) -> "Performance":
        """How good the answers at a site really are: from truth, from few labels, or without any."""
        from perenne.client.performance import Performance

        return Performance(self.transport)

    @cached_property
    def reports(self) -> "Reports":
        """One site and month at a time, as HTML, PDF or data."""
        from perenne.client.reports import Reports

        return Reports(self.transport)

    @cached_property
    def jobs(self) -> "Jobs":
        """Background work."""
        from perenne.client.jobs import Jobs

        return Jobs(self.transport)

    def close(self) -> None:
        """Close the connections."""
        self.transport.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
