"""Routes of performance: sites, periods, claims, estimates, calibration."""

from fastapi import Response

from perenne.hub.accounts.auth import Call, Caller, GuardedRouter
from perenne.hub.models import get_model_version
from perenne.hub.performance import service
from perenne.hub.performance.catching_up import catch_up
from perenne.hub.sites import get_site
from perenne.wire import performance as wire
from perenne.wire.base import Listing

router = GuardedRouter(tag="performance")


@router.get("/performance/sites", permission="performance:read")
def list_site_standings(caller: Caller) -> Listing[wire.SiteStanding]:
    """Show whether each site's performance is shown to be good enough, the worst first."""
    catch_up(caller.hub, caller.actor)
    return Listing(items=service.standings(caller.session, caller.actor))


@router.get("/sites/{site}/performance", permission="performance:read")
def show_site_performance(
    site: str, caller: Caller, stream: wire.LabelStream | None = None, model: str | None = None
) -> wire.SitePerformance:
    """Show what labels say of a site: by week, model version and stream, each number with its interval."""
    catch_up(caller.hub, caller.actor)
    row = get_site(caller.session, caller.actor, site)
    model_id = _model_id(caller, model)
    return service.site_performance(caller.session, caller.actor, site=row, stream=stream, model_id=model_id)


@router.get("/sites/{site}/claims", permission="performance:read")
def list_claims(site: str, caller: Caller) -> Listing[wire.Certificate]:
    """List the claims of a site with where they stand for the version that answers now, the worst first."""
    catch_up(caller.hub, caller.actor)
    row = get_site(caller.session, caller.actor, site)
    return Listing(items=service.claims_of_site(caller.session, caller.actor, site=row))


@router.post("/sites/{site}/claims", permission="performance:write", status_code=201)
def state_claim(site: str, body: wire.ClaimNew, caller: Caller) -> wire.Certificate:
    """Ask that "metric >= at_least" be certified at a site, from one stream of labels."""
    catch_up(caller.hub, caller.actor)
    row = service.state_claim(caller.session, caller.hub, caller.actor, site=site, asked=body)
    return service.tell_claims(caller.session, caller.actor, [row], with_path=True)[0]


@router.get("/sites/{site}/estimates", permission="performance:read")
def list_estimates(
    site: str, caller: Caller, model: str | None = None, metric: wire.ClaimMetric | None = None
) -> Listing[wire.Estimate]:
    """List what was estimated of a site without labels, the newest week first, each beside its past errors.

    `value` is null where the guard does not let a number be shown, or where no past week of that version was
    checked by labels yet; `why_not` says why.
    """
    catch_up(caller.hub, caller.actor)
    row = get_site(caller.session, caller.actor, site)
    found = service.site_estimates(
        caller.session, caller.actor, site=row, model_id=_model_id(caller, model), metric=metric
    )
    return Listing(items=found)


@router.get("/sites/{site}/calibration", permission="performance:read")
def show_calibration(site: str, caller: Caller, model: str | None = None) -> Listing[wire.Reliability]:
    """Show for every class how far scores can be taken at their word at a site, from its audited labels."""
    catch_up(caller.hub, caller.actor)
    row = get_site(caller.session, caller.actor, site)
    model_id = _model_id(caller, model)
    return Listing(items=service.site_calibration(caller.session, caller.actor, site=row, model_id=model_id))


@router.get("/claims/{claim}", permission="performance:read")
def show_claim(claim: str, caller: Caller) -> wire.Certificate:
    """Show a claim and its certificate, with its path from the first label on."""
    catch_up(caller.hub, caller.actor)
    row = service.get_claim(caller.session, caller.actor, claim)
    return service.tell_claims(caller.session, caller.actor, [row], with_path=True)[0]


@router.delete("/claims/{claim}", permission="performance:write", status_code=204)
def withdraw_claim(claim: str, caller: Caller) -> Response:
    """Withdraw a claim: it is asked no more, and its history stays."""
    service.withdraw_claim(caller.session, caller.actor, claim, now=caller.hub.clock.now())
    return Response(status_code=204)


def _model_id(call: Call, model: str | None) -> str | None:
    return None if model is None else get_model_version(call.session, call.actor, model).id
