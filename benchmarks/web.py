"""How fast the web app is for the person before it.

Claims: the sites page of 20 sites with 12 versions each can be used within 1,000 ms; the gallery of 100,000
images scrolls with 33 ms a frame at the 95th percentile; a site's signals over a year, and its performance by
week, stand there within 2,000 ms; an inspection is on the station's screen within
300 ms of its answer at the 95th percentile; the code that every page needs is at most 220 kB compressed.

Hub and headless Chromium (software rendering) run on the same cores, which the figures include. Every loading
of the sites page has an empty cache. Prints one JSON object as its last line. `--quick` ends within 40 s.
"""

import argparse
import gzip
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from perenne.cli.demo.household import Household, free_port, household
from perenne.testing.browsing import Visitor, chromium, visitor

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "src" / "perenne" / "web"
WHOLE = {"sites": 20, "versions": 12, "images": 100_000, "truths": 6_000, "whole": 600}
QUICK = {"sites": 6, "versions": 4, "images": 3_000, "truths": 300, "whole": 30}
INSPECTIONS_PER_S = 3.0

# The page is interactive when all sites stand there and the main thread has answered twice in turn.
INTERACTIVE = """wanted => new Promise(done => {
  const look = () => document.querySelectorAll('[data-testid=site]').length >= wanted
    ? requestAnimationFrame(() => setTimeout(() => done(performance.now()), 0)) : setTimeout(look, 5);
  look();
})"""
# A page stands there when nothing of it is awaited any more and every chart in sight has been drawn.
DRAWN = """charts => new Promise((done, refused) => {
  const inSight = element => element.getBoundingClientRect().top < innerHeight;
  const look = () => {
    const main = document.querySelector('main');
    const drawn = main ? [...main.querySelectorAll('[role=img]')].filter(inSight) : [];
    const awaited = !main?.querySelector('h1') || main.querySelector('[aria-busy=true]')
      || main.querySelectorAll('canvas').length < charts
      || drawn.some(one => one.childElementCount === 0 && !one.matches('svg'));
    if (awaited && performance.now() > 30_000) refused(Error(`${location.pathname}: not drawn in 30 s`));
    else if (awaited) setTimeout(look, 5);
    else requestAnimationFrame(() => setTimeout(() => done(performance.now()), 0));
  };
  look();
})"""
SCROLL = """seconds => new Promise(done => {
  const box = [...document.querySelectorAll('*')].find(element => element.scrollHeight > 50000
    && ['auto', 'scroll'].includes(getComputedStyle(element).overflowY)) ?? document.scrollingElement;
  const frames = []; let last; const began = performance.now();
  const step = now => {
    if (last !== undefined) frames.push(now - last);
    last = now;
    box.scrollTop += 40;
    if (now - began < seconds * 1000) requestAnimationFrame(step);
    else done({frames, scrolled: box.scrollTop});
  };
  requestAnimationFrame(step);
})"""
WATCH = """() => {
  window.seen = {};
  const look = () => {
    const band = document.querySelector('[data-testid=verdict]');
    const id = band && band.dataset.inspection;
    if (id && !window.seen[id]) window.seen[id] = performance.timeOrigin + performance.now();
  };
  new MutationObserver(look).observe(document.body, {subtree: true, childList: true, attributes: true});
  look();
}"""


def fill_hub(folder: Path, amount: dict[str, int]) -> None:
    """Make a hub with plenty in it."""
    command = [sys.executable, "-m", "perenne.testing.plenty", "--data", str(folder)]
    for name, value in amount.items():
        command += [f"--{name}", str(value)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def main_bundle_kb() -> float:
    """Return the compressed size of the scripts that the first page asks for, in kB."""
    page = (WEB / "index.html").read_text(encoding="utf-8")
    names = set(re.findall(r'(?:src|href)="/(assets/[^"]+\.js)"', page))
    return sum(len(gzip.compress((WEB / name).read_bytes(), 9)) for name in names) / 1000


def percentile(values: list[float], share: float) -> float:
    """Return the value below which `share` of the values lie."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def measure_sites(browser: "Browser", house: Household, *, sites: int, times: int) -> list[float]:
    """Return ms from the call of the address until the sites page can be used, cache empty each time."""
    taken = []
    for _ in range(times):
        with visitor(browser, house.url) as it:
            sign_in_quietly(it, house)
            it.go("/sites")
            taken.append(float(it.page.evaluate(INTERACTIVE, sites)))
    return taken


def measure_pages(browser: "Browser", house: Household, *, page: str, sites: int, charts: int) -> list[float]:
    """Return ms from the call of a site's page until it stands there, cache empty each time, site by site.

    It has so many charts at least. A site without an image has none that could be drawn, and is left out.
    """
    taken = []
    for row in [row for row in house.client().sites.overview() if row.images][:sites]:
        with visitor(browser, house.url) as it:
            sign_in_quietly(it, house)
            it.go(f"/sites/{row.site.slug}/{page}")
            taken.append(float(it.page.evaluate(DRAWN, charts)))
    return taken


def sign_in_quietly(it: Visitor, house: Household) -> None:
    """The window has the session's cookie, and nothing of the app in its cache."""
    account = house.credentials()
    body = {"email": account["email"], "password": account["password"]}
    answer = it.page.context.request.post(f"{house.url}/api/v1/session/browser", data=body)
    assert answer.ok, answer.text()


def measure_gallery(browser: "Browser", house: Household, *, seconds: float) -> dict[str, Any]:
    """Return the times between frames while the gallery scrolls, in ms."""
    with visitor(browser, house.url) as it:
        sign_in_quietly(it, house)
        page = it.go("/images")
        page.locator("main img").first.wait_for()
        page.wait_for_load_state("networkidle")
        told: dict[str, Any] = page.evaluate(SCROLL, seconds)
    return told


def measure_live(browser: "Browser", house: Household, *, count: int) -> list[float]:
    """Return ms from the answer of an inspection until its verdict stands on the station's screen."""
    client = house.client()
    site, station = deployed_station(house)
    pictures = [client.images.content(image.id) for image in some_images(client, site, count=8)]
    answered: dict[str, float] = {}
    with visitor(browser, house.url) as it:
        sign_in_quietly(it, house)
        page = it.go(f"/sites/{site}/stations/{station}")
        page.locator("h1").wait_for()
        page.get_by_text("Live", exact=True).first.wait_for()
        page.evaluate(WATCH)
        with httpx.Client(base_url=house.url, trust_env=False, headers=bearer(house)) as camera:
            for number in range(count):
                begun = time.monotonic()
                path = f"/api/v1/sites/{site}/stations/{station}/inspect"
                answer = camera.post(path, content=pictures[number % len(pictures)], headers=octets())
                answer.raise_for_status()
                answered[answer.json()["id"]] = time.time() * 1000
                page.wait_for_timeout(max(1.0, 1000 * (begun + 1 / INSPECTIONS_PER_S - time.monotonic())))
        page.wait_for_timeout(500)
        seen: dict[str, float] = page.evaluate("() => window.seen")
    missed = [one for one in answered if one not in seen]
    if len(missed) > count // 20:
        raise RuntimeError(f"{len(missed)} of {count} inspections never came to the screen")
    return [max(0.0, seen[one] - at) for one, at in answered.items() if one in seen]


def octets() -> dict[str, str]:
    """Return the header of a raw image."""
    return {"content-type": "application/octet-stream"}


def bearer(house: Household) -> dict[str, str]:
    """Return the header of a program's call."""
    return {"Authorization": f"Bearer {house.credentials()['token']}"}


def deployed_station(house: Household) -> tuple[str, str]:
    """Return a site and a station where a version answers."""
    client = house.client()
    site = next(row.site.slug for row in client.sites.overview() if row.deployments)
    return site, next(iter(client.sites.stations(site))).slug


def some_images(client: Any, site: str, *, count: int) -> list[Any]:
    """Return the latest images of a site: they have bytes of their own."""
    found = []
    for image in client.images.list(site=site, limit=count):
        found.append(image)
        if len(found) == count:
            break
    return found


def main() -> None:
    """Measure, and print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="less of everything, within 40 s")
    parser.add_argument("--data", type=Path, help="a folder that perenne.testing.plenty has filled already")
    arguments = parser.parse_args()
    amount = QUICK if arguments.quick else WHOLE
    load, wall = os.getloadavg()[0], time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        folder = arguments.data or Path(place)
        if not arguments.data:
            fill_hub(folder, amount)
        with household(folder, port=free_port(wanted=0)) as house, chromium() as browser:
            measure_sites(browser, house, sites=amount["sites"], times=1)  # the hub's own first time
            sites = measure_sites(browser, house, sites=amount["sites"], times=2 if arguments.quick else 7)
            few = 2 if arguments.quick else amount["sites"]
            watch = measure_pages(browser, house, page="watch?span=d365", sites=few, charts=1)
            weeks = measure_pages(browser, house, page="performance", sites=few, charts=0)
            gallery = measure_gallery(browser, house, seconds=2 if arguments.quick else 10)
            live = measure_live(browser, house, count=10 if arguments.quick else 60)
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    figures = {
        "benchmark": "web",
        "sites_interactive_ms": round(statistics.median(sites)),
        "sites_interactive_ms_all": [round(value) for value in sites],
        "watch_year_ms": round(statistics.median(watch)),
        "watch_year_worst_ms": round(max(watch)),
        "performance_ms": round(statistics.median(weeks)),
        "performance_worst_ms": round(max(weeks)),
        "gallery_frame_p95_ms": round(percentile(gallery["frames"], 0.95), 1),
        "gallery_frame_median_ms": round(statistics.median(gallery["frames"]), 1),
        "gallery_frames": len(gallery["frames"]),
        "gallery_scrolled_px": round(gallery["scrolled"]),
        "live_latency_p95_ms": round(percentile(live, 0.95)),
        "live_latency_median_ms": round(statistics.median(live)),
        "live_inspections": len(live),
        "main_bundle_kb_gz": round(main_bundle_kb(), 1),
        "amount": amount,
        "cpu_s": round(sum(one.ru_utime + one.ru_stime for one in spent), 1),
        "wall_s": round(time.monotonic() - wall, 1),
        "load_before": round(load, 1),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
