"""Every page, in both languages and themes: nobody is kept out, nothing errs, no other host is asked."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .conftest import House, Opens

pytestmark = pytest.mark.xdist_group("browser")

PLACES = (
    "/sites", "/incidents", "/incidents?state=closed", "/turn", "/images", "/imports", "/datasets", "/runs",
    "/models", "/evaluations", "/deployments", "/people", "/people?tab=roles",
    "/people?tab=audit", "/account", "/jobs", "/about", "/no-such-page",
)  # fmt: skip
# One thing of each kind: the list it is found in, and the address of its page.
THINGS = {
    "sites": ("/api/v1/sites", "/sites/{slug}"),
    "performance": ("/api/v1/performance/sites", "/sites/{site}/performance"),
    "stations": ("/api/v1/sites/{site}/stations", "/sites/{site}/stations/{slug}"),
    "images": ("/api/v1/images", "/images/{id}"),
    "datasets": ("/api/v1/datasets", "/datasets/{slug}"),
    "runs": ("/api/v1/runs", "/runs/{id}"),
    "models": ("/api/v1/models", "/models/{id}"),
    "evaluations": ("/api/v1/evaluations", "/evaluations/{id}"),
}


def _addresses(page: Any) -> list[str]:
    """Return the address of every page, with one real thing for each kind."""

    def first(path: str) -> dict[str, Any]:
        items: list[dict[str, Any]] = page.evaluate("path => fetch(path).then(r => r.json())", path)["items"]
        assert items, f"nothing at {path}"
        return items[0]

    site = first("/api/v1/sites")["slug"]
    found = [
        address.format(**{**first(path.format(site=site)), "site": site}) for path, address in THINGS.values()
    ]
    dataset = first("/api/v1/datasets")["slug"]
    versions = page.evaluate(
        "path => fetch(path).then(r => r.json())", f"/api/v1/datasets/{dataset}/versions"
    )
    watched = first("/api/v1/monitoring/sites")["site"]  # the worst first: one with something to draw
    incident = first("/api/v1/incidents")
    found += [f"/sites/{watched}/watch", f"/incidents/{incident['id']}"]
    return [*PLACES, *found, *(f"/dataset-versions/{row['id']}" for row in versions["items"][:1])]


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("fr", "dark")])
def test_every_page_can_be_used_by_everybody(
    plenty: "House", opens: "Opens", axe: str, language: str, scheme: str
) -> None:
    # axe is put into the page by the test, which the hub's policy would rightly forbid.
    it = opens(plenty, language=language, color_scheme=scheme, bypass_csp=True)
    broken = []
    for address in _addresses(it.page):
        page = it.go(address)
        page.locator("h1").wait_for()
        page.locator("[aria-busy=true]").first.wait_for(state="detached")
        page.evaluate(axe)
        found = page.evaluate("() => axe.run({resultTypes: ['violations']})")
        broken += [
            f"{address}: {rule['id']}: {rule['help']}: {rule['nodes'][0]['html'][:160]}"
            for rule in found["violations"]
        ]
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_no_page_is_wider_than_its_window(plenty: "House", opens: "Opens", width: int) -> None:
    it = opens(plenty, viewport={"width": width, "height": 900})
    wide = []
    for address in _addresses(it.page):
        page = it.go(address)
        page.locator("h1").wait_for()
        page.locator("[aria-busy=true]").first.wait_for(state="detached")
        over = page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth")
        if over > 0:
            wide.append(f"{address}: {over} px")
    assert not wide, f"at {width} px: {wide}"


def test_a_page_keeps_to_the_hubs_own_policy(plenty: "House", opens: "Opens") -> None:
    """The strict policy is on and no page runs into it: the fixture looks at what the browser said."""
    it = opens(plenty)
    for address in _addresses(it.page):
        it.go(address).locator("h1").wait_for()
