"""What other rooms may listen to: images have arrived.

A listener runs in the transaction that stores the images, so that both happen or neither.
"""

from collections.abc import Callable, Sequence
from typing import Any

from perenne.hub.accounts import Actor
from perenne.hub.images.tables import ImageRow
from perenne.kit.registry import Registry

ArrivalListener = Callable[[Any, Actor, Sequence[ImageRow]], None]
"""Takes the session, who brought the images, and the images."""

ON_ARRIVAL: Registry[ArrivalListener] = Registry("listener to arriving images")
