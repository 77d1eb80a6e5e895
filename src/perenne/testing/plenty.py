"""A hub with plenty in it: many sites, versions and images, for benchmarks, screenshots and a first look.

Owns made-up rows that fit together (what an image, its truth and its predictions say agrees), all from one
seed. Refuses to be a simulation: figures are drawn, models are a few nodes. Most images share the pictures of
a few: they have a thumbnail, only the latest have bytes of their own.

    python -m perenne.testing.plenty --data FOLDER          # then: perenne up --data FOLDER
"""

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
from sqlalchemy.orm import Session

from perenne.hub.accounts import Actor, system_actor
from perenne.hub.accounts.queries import all_organisations
from perenne.hub.accounts.service import create_user
from perenne.hub.annotation.service import create_schema
from perenne.hub.app.factory import open_hub
from perenne.hub.app.serve import CREDENTIALS, prepare_hub
from perenne.hub.datasets.service import create_dataset
from perenne.hub.infra.services import Hub
from perenne.hub.settings import read_settings
from perenne.hub.sites.service import create_line, create_product, create_site, create_station
from perenne.kit.ids import slugify
from perenne.testing.boards import DEFECTS
from perenne.testing.plenty_images import add_images
from perenne.testing.plenty_performance import add_performance
from perenne.testing.plenty_versions import add_evaluations, add_models
from perenne.testing.plenty_watching import add_watching
from perenne.wire.datasets import AcceptanceRule

CITIES = (
    "Lyon", "Nantes", "Grenoble", "Lille", "Toulouse", "Torino", "Kraków", "Brno", "Győr", "Porto",
    "Zaragoza", "Leipzig", "Graz", "Eindhoven", "Timișoara", "Monterrey", "Curitiba", "Suzhou", "Penang",
    "Pune",
)  # fmt: skip
ZONES = {
    "Monterrey": "America/Monterrey", "Curitiba": "America/Sao_Paulo", "Suzhou": "Asia/Shanghai",
    "Penang": "Asia/Kuala_Lumpur", "Pune": "Asia/Kolkata",
}  # fmt: skip
PEOPLE = (
    ("claire.martin", "Claire Martin", "quality-approver"),
    ("jonas.weber", "Jonas Weber", "ml-engineer"),
    ("ana.sousa", "Ana Sousa", "site-manager"),
    ("li.wei", "Li Wei", "operator"),
    ("auditor", "External auditor", "auditor"),
)
PASSWORD = "plenty of images"


@dataclass(frozen=True)
class Amount:
    """How much there is.

    `whole`: images with bytes of their own; `measured`: versions that are evaluated image by image.
    """

    sites: int = 20
    versions: int = 12
    images: int = 100_000
    truths: int = 6_000
    whole: int = 600
    pictures: int = 64
    measured: int = 3
    people: bool = True
    seed: int = 7


@dataclass(frozen=True)
class Deployed:
    """From when on a version (0 is the first) answered at a site."""

    id: str
    version: int
    at: datetime


@dataclass
class Place:
    """A site as the other rows need it: its stations (id, line id) and how good models are there (0..1)."""

    id: str
    slug: str
    goodness: float
    stations: list[tuple[str, str]] = field(default_factory=list)
    deployed: list[Deployed] = field(default_factory=list)


@dataclass
class Ground:
    """What every further row stands on."""

    hub: Hub
    actor: Actor
    amount: Amount
    now: datetime
    rng: np.random.Generator
    places: list[Place]
    products: list[str]
    schema_id: str
    models: list[str] = field(default_factory=list)


def fill_hub(
    hub: Hub, *, organisation_id: str, amount: Amount = Amount(), now: datetime | None = None
) -> dict[str, float]:
    """The organisation has plenty of everything; return the seconds that each part took."""
    actor = system_actor(organisation_id, name="Plenty")
    moment, seconds = now or hub.clock.now(), dict[str, float]()
    began = time.perf_counter()
    with hub.database.transaction() as session:
        ground = _add_ground(session, hub, actor, amount, now=moment)
    seconds["places"] = time.perf_counter() - began
    parts = (
        ("models", add_models),
        ("images", add_images),
        ("evaluations", add_evaluations),
        ("watching", add_watching),
        ("performance", add_performance),
    )
    for name, add in parts:
        began = time.perf_counter()
        add(ground)
        seconds[name] = time.perf_counter() - began
    return {name: round(value, 1) for name, value in seconds.items()}


def _add_ground(session: Session, hub: Hub, actor: Actor, amount: Amount, *, now: datetime) -> Ground:
    rng = np.random.default_rng(amount.seed)
    places = [_add_place(session, actor, n, rng) for n in range(amount.sites)]
    products = [
        create_product(session, actor, slug=slugify(name), name=name).id
        for name in ("Controller K7", "Sensor board S2", "Power stage P40")
    ]
    schema = create_schema(
        session,
        actor,
        slug="boards",
        name="Defects of circuit boards",
        problem="detection",
        classes=DEFECTS,
        now=now,
    )
    rule = AcceptanceRule(metric="map50", at_least=0.8)
    create_dataset(session, actor, name="Boards", slug="boards", label_schema=schema.slug, acceptance=rule)
    if amount.people:
        for login, name, role in PEOPLE:
            email = f"{login}@example.org"
            limits = [places[0].id] if role in ("site-manager", "operator") else None
            create_user(
                session, actor=actor, email=email, name=name, password=PASSWORD, role=role, site_ids=limits
            )
    return Ground(hub, actor, amount, now, rng, places, products, schema.id)


def _add_place(session: Session, actor: Actor, number: int, rng: np.random.Generator) -> Place:
    city = CITIES[number % len(CITIES)]
    name = city if number < len(CITIES) else f"{city} {number // len(CITIES) + 1}"
    slug = slugify(name)
    site = create_site(session, actor, slug=slug, name=name, time_zone=ZONES.get(city, "Europe/Paris"))
    place = Place(site.id, slug, goodness=float(np.clip(rng.normal(0.88, 0.09), 0.45, 0.98)))
    for n in (1, 2):
        line = create_line(session, actor, site=site, slug=f"line-{n}", name=f"Line {n}")
        station = create_station(
            session, actor, site=site, slug=f"camera-{n}", name=f"Camera {n}", line=line.slug
        )
        place.stations.append((station.id, line.id))
    return place


def main(arguments: Sequence[str] | None = None) -> None:
    """Fill the hub in a folder and print how to sign in."""
    parser = argparse.ArgumentParser(description="Fill a hub with plenty of sites, versions and images.")
    parser.add_argument("--data", type=Path, required=True, help="folder of a new or an empty hub")
    for name in ("sites", "versions", "images", "truths", "whole"):
        parser.add_argument(f"--{name}", type=int, default=getattr(Amount, name))
    given = parser.parse_args(arguments)
    hub = open_hub(read_settings(data=given.data))
    prepare_hub(hub)
    with hub.database.reading() as session:
        organisation_id = all_organisations(session)[0].id
    amount = Amount(given.sites, given.versions, given.images, given.truths, given.whole)
    print(json.dumps({"seconds": fill_hub(hub, organisation_id=organisation_id, amount=amount)}))
    kept = json.loads((given.data / CREDENTIALS).read_text(encoding="utf-8"))
    print(f"Sign in as {kept['email']}, password {kept['password']}; the others' password: {PASSWORD}")
    hub.database.dispose()


if __name__ == "__main__":
    main()
