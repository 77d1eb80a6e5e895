"""A plant's year, played through the hub's HTTP API by a test that keeps its own books.

Owns the camera (drawn pieces with the true answer), the calendar and the books. Refuses to look into the hub:
whatever a page may show is asked for over HTTP, and what was done is known from here.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from perenne.hub.models import Inspected, Origin, register_model_version, sign_upload
from perenne.hub.monitoring.jobs import tick_all
from perenne.kit.hashing import sha256_file
from perenne.runtime import read_artefact
from perenne.testing.hubs import HubInProcess
from perenne.testing.tiny_models import tiny_classifier

SIDE = 64
GOOD, BAD = 80.0, 175.0
"""Mean brightness of the pieces: the model calls dark ones good and bright ones bad."""


@dataclass
class Week:
    """What was done in one week (by its Monday, in the plant's time): the test's own book."""

    monday: date
    inspected: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    audited: list[tuple[int, int, int]] = field(default_factory=list)
    """(tp, fp, fn) of each audited image, in the order of labelling."""
    seeded: list[tuple[int, int, int]] = field(default_factory=list)
    images: list[str] = field(default_factory=list)


class Plant:
    """One site with one station, whose camera, pieces and files the test decides."""

    def __init__(self, house: HubInProcess, folder: Path, *, seed: int = 11) -> None:
        self.house = house
        self.rng = np.random.default_rng(seed)
        self.weeks: list[Week] = []
        self.blur = 0.0
        self.new_kind = False
        self.format = ".png"
        self._sign_in()
        self._build(folder)

    def go_to(self, moment: datetime) -> None:
        """It is `moment`; the token that was for a day is renewed."""
        self.house.clock.at = moment
        self._sign_in()

    def get(self, path: str, **params: Any) -> Any:
        """Return the JSON below /api/v1, which must be there."""
        answer = self.http.get(f"/api/v1{path}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: dict[str, Any], *, status: int = 200) -> Any:
        """Return the JSON that a POST below /api/v1 answered, with that status."""
        answer = self.http.post(f"/api/v1{path}", json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def work(self, monday: datetime, *, pieces: int, audited: int, seeded: int) -> Week:
        """A week passes: pieces before the camera, known bad parts among them, labels of a random few."""
        week = Week(monday.date())
        self.weeks.append(week)
        told: list[tuple[str, str, str]] = []
        for number in range(pieces):
            self.go_to(monday + timedelta(days=5) * number / pieces + timedelta(hours=7))
            bad = bool(self.rng.random() < 0.4)
            answer = self._inspect(week, bad=bad, part=f"p-{monday:%m%d}-{number}")
            told.append((answer["image_id"], "bad" if bad else "good", answer["prediction"]["class"]))
        self._rerun_known_parts(week, monday, count=seeded)
        self._audit(week, monday, told, count=audited)
        tick_all(self.house.hub)
        self.house.hub.jobs.run_all()  # type: ignore[union-attr]
        return week

    def _rerun_known_parts(self, week: Week, monday: datetime, *, count: int) -> None:
        self.go_to(monday + timedelta(days=5, hours=7))
        parts = [f"seeded-{monday:%m%d}-{number}" for number in range(count)]
        now = self.house.clock.now()
        self._say(
            "seeded",
            [
                {"part_id": part, "site": "lyon", "target": {"class": "bad"}, "given_at": _at(now, number)}
                for number, part in enumerate(parts)
            ],
        )
        for part in parts:
            answer = self._inspect(week, bad=True, part=part)
            week.seeded.append(_counts("bad", answer["prediction"]["class"]))

    def _audit(self, week: Week, monday: datetime, told: list[tuple[str, str, str]], *, count: int) -> None:
        self.go_to(monday + timedelta(days=6))
        now, items = self.house.clock.now(), []
        for number, chosen in enumerate(self.rng.choice(len(told), size=count, replace=False).tolist()):
            image_id, truth, said = told[chosen]
            at = _at(now, number)
            items.append({"image_id": image_id, "target": {"class": truth}, "given_at": at})
            week.audited.append(_counts(truth, said))
        self._say("audit", items, chance=count / len(told))

    def _inspect(self, week: Week, *, bad: bool, part: str) -> Any:
        answer = self.http.post(
            "/api/v1/sites/lyon/stations/s1/inspect",
            content=self._photograph(bad=bad),
            params={"part_id": part, "product": "k7"},
            headers={"content-type": "image/png" if self.format == ".png" else "image/jpeg"},
        )
        assert answer.status_code == 200, answer.text
        said = answer.json()
        week.inspected += 1
        week.verdicts[said["quality"]["verdict"]] += 1
        week.images.append(said["image_id"])
        return said

    def _photograph(self, *, bad: bool) -> bytes:
        """Return the file of a piece; a new kind of defect is dark, which the model has never seen."""
        rng = self.rng
        level = BAD if bad and not self.new_kind else GOOD
        if rng.random() < 0.04:  # now and then the model is wrong
            level = GOOD + BAD - level
        coarse = rng.normal(0, 22, (9, 9, 3))
        plane = cv2.resize(coarse, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
        plane = plane + rng.normal(0, 9, (SIDE, SIDE, 3)) + level
        if self.blur:
            plane = cv2.GaussianBlur(plane, (0, 0), self.blur)
        pixels = np.clip(np.rint(plane), 0, 255).astype(np.uint8)
        done, data = cv2.imencode(self.format, pixels)
        assert done
        return bytes(data.tobytes())

    def _say(self, stream: str, items: list[dict[str, Any]], *, chance: float | None = None) -> None:
        body: dict[str, Any] = {"label_schema": "cells", "stream": stream, "items": items}
        if chance is not None:
            body["inclusion_probability"] = chance
        self.post("/ground-truth", body)

    def _sign_in(self) -> None:
        self.http = self.house.client()

    def _build(self, folder: Path) -> None:
        self.post("/sites", {"slug": "lyon", "name": "Lyon", "time_zone": "Europe/Paris"}, status=201)
        self.post("/sites/lyon/stations", {"slug": "s1", "name": "S1"}, status=201)
        self.post("/products", {"slug": "k7", "name": "K7"}, status=201)
        schema = {"slug": "cells", "name": "Cells", "problem": "classification", "classes": ["good", "bad"]}
        self.post("/label-schemas", schema, status=201)
        path = tiny_classifier(folder / "cells.prn")
        hub, actor, artefact = self.house.hub, self.house.actor(), read_artefact(path)
        signed = sign_upload(hub, actor, path)
        with hub.database.transaction() as session:
            register_model_version(
                session,
                hub,
                actor,
                signed=signed,
                upload_sha256=sha256_file(path),
                inspected=Inspected(artefact.manifest, artefact.card),
                origin=Origin(name="cells"),
            )
        self.post(
            "/sites/lyon/deployments", {"model_version": "cells:1", "reason": "The year begins"}, status=201
        )


def _at(now: datetime, number: int) -> str:
    """Return a moment of the last hour, later for a larger number: labels have an order."""
    return (now - timedelta(hours=1) + timedelta(seconds=number)).isoformat()


def _counts(truth: str, said: str) -> tuple[int, int, int]:
    return (
        int(truth == "bad" and said == "bad"),
        int(truth == "good" and said == "bad"),
        int(truth == "bad" and said == "good"),
    )
