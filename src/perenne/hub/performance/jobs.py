"""What a worker does for performance by itself: judging what came, and estimating weeks before their labels.

Owns the tick. Refuses to do a thing twice: what was judged stays, and an estimate of a week that has ended is
never made again.
"""

import logging

from perenne.hub.accounts import system_actor
from perenne.hub.infra.jobs import JobHandler
from perenne.hub.infra.services import Hub
from perenne.hub.predictions import organisations_with_predictions

_log = logging.getLogger("perenne.performance")
TICK_S = 20.0


def tick_all(hub: Hub) -> int:
    """Return how many images were judged and estimates kept, of all organisations; cheap without news."""
    from perenne.hub.performance.catching_up import catch_up
    from perenne.hub.performance.estimating import keep_estimates

    with hub.database.reading() as session:
        organisations = organisations_with_predictions(session)
    total = 0
    for organisation_id in organisations:
        actor = system_actor(organisation_id)
        try:
            total += catch_up(hub, actor) + keep_estimates(hub, actor)
        except Exception:  # the others have their turn all the same
            _log.exception("performance of organisation %s failed; it is tried again", organisation_id)
    return total


JOBS: dict[str, JobHandler] = {}
PERIODIC = {"performance.tick": (TICK_S, tick_all)}
