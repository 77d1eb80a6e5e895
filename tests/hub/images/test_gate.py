"""A station's gate: learnt from its own images, by itself once, later by an act of a person only."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import select

from perenne.hub.accounts.tables import AuditRow
from perenne.hub.images import Judgement, gate, judge
from perenne.hub.images.jobs import spread
from perenne.hub.images.tables import ImageSignalRow
from perenne.hub.infra.jobs.tables import JobRow
from perenne.quality import calibration, decode_admitted
from perenne.quality.calibration import calibrate_station
from perenne.quality.faults import FAULTS, blur
from perenne.quality.fingerprint import read_fingerprint
from perenne.quality.signals import measure_signals
from perenne.testing.hubs import HubInProcess, hub_in_process

ADDRESS = "/api/v1/sites/lyon/stations/s1/gate"
N = 36


def photograph(seed: int, *, sigma: float = 0.0, side: int = 72, ending: str = ".png") -> bytes:
    """Return what the station's camera sees: a part with texture, moved a little, in light that varies."""
    rng = np.random.default_rng(seed)
    scene = np.random.default_rng(3).integers(50, 170, (9, 12), dtype=np.uint8)
    image: NDArray[Any] = cv2.resize(scene, (96, side), interpolation=cv2.INTER_NEAREST).astype(np.float32)
    image = np.roll(image, tuple(rng.integers(-2, 3, 2)), axis=(0, 1)) * rng.normal(1, 0.04)
    pixels = np.clip(image + rng.normal(0, 3, image.shape), 0, 255).astype(np.uint8)
    pixels = blur(pixels, sigma=sigma) if sigma else pixels
    return bytes(cv2.imencode(ending, pixels)[1])


@pytest.fixture(scope="module", autouse=True)
def _few_faults() -> Iterator[None]:
    """Make faults on 12 images instead of 40 and more: these tests are not about how well a gate judges."""
    patch = pytest.MonkeyPatch()
    patch.setattr(calibration, "FEWEST_SPOILED", 12)
    patch.setattr(calibration, "MOST_SPOILED", 12)
    yield
    patch.undo()


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubInProcess]:
    """A station with images enough to calibrate by hand, too few to do so by itself."""
    with hub_in_process(tmp_path_factory.mktemp("hub")) as it:
        make_station(it)
        push(it, range(N))
        yield it


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[HubInProcess]:
    with hub_in_process(tmp_path / "data") as it:
        make_station(it)
        yield it


def make_station(it: HubInProcess) -> None:
    admin = it.client()
    admin.post("/api/v1/sites", json={"slug": "lyon", "name": "Lyon"})
    admin.post("/api/v1/sites/lyon/stations", json={"slug": "s1", "name": "S"})


def push(it: HubInProcess, seeds: range) -> list[str]:
    files = [("files", (f"{seed}.png", photograph(seed))) for seed in seeds]
    items = json.dumps([{"site": "lyon", "station": "s1"}] * len(seeds))
    answer = it.client().post("/api/v1/images/batch", files=files, data={"items": items})
    return [str(item["image"]["id"]) for item in answer.json()["items"]]


def show(it: HubInProcess) -> dict[str, Any]:
    answer = it.client("auditor").get(ADDRESS)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def ask_gate(it: HubInProcess, data: bytes) -> Judgement:
    admitted, pixels = decode_admitted(data)
    return judge(
        it.hub,
        it.actor(),
        station_id=show(it)["station_id"],
        signals=measure_signals(pixels),
        fingerprint=read_fingerprint(data, admitted),
    )


def test_before_its_calibration_a_gate_says_nothing_of_training(fresh: HubInProcess) -> None:
    assert show(fresh)["state"] == "not_calibrated"
    said = ask_gate(fresh, photograph(1, sigma=3))
    assert (said.verdict, said.closeness_admitted) == ("accepted", None)


def test_an_image_without_a_station_is_not_judged(fresh: HubInProcess) -> None:
    assert judge(fresh.hub, fresh.actor(), station_id=None, signals=None, fingerprint=None) == Judgement(
        "not_judged"
    )


def test_the_same_picture_again_and_again_is_a_frozen_camera(fresh: HubInProcess) -> None:
    same = [ask_gate(fresh, photograph(1)) for _ in range(3)]
    assert [one.verdict for one in same] == ["accepted", "flagged", "refused"]
    assert same[2].reasons[0].code == "frozen"
    assert ask_gate(fresh, photograph(2)).verdict == "accepted"


def test_too_few_images_cannot_teach_a_gate(fresh: HubInProcess) -> None:
    push(fresh, range(3))
    answer = fresh.client().post(ADDRESS, json={"reason": "commissioning"})
    assert (answer.status_code, answer.json()["code"]) == (422, "too-few-good-images")
    assert "3 were found" in answer.json()["detail"]


def test_a_person_calibrates_a_gate_with_a_reason_that_is_kept(hub: HubInProcess) -> None:
    reason = "commissioning of the line"
    answer = hub.client("site-manager").post(ADDRESS, json={"reason": reason})
    assert answer.status_code == 202, answer.text
    assert answer.json()["n_available"] == N
    told = show(hub)
    assert (told["state"], told["job_id"]) == ("calibrated", None)
    calibration = told["calibration"]
    assert calibration["n_images"] == N
    assert (calibration["exact"], calibration["automatic"]) == (False, False)
    assert "extrapolated" in calibration["words"]
    with hub.hub.database.reading() as session:
        events = session.scalars(select(AuditRow).where(AuditRow.action.startswith("gate."))).all()
    kept = [event.action for event in events if event.detail["reason"] == reason]
    assert kept == ["gate.calibration_asked", "gate.calibrated"]


def test_a_calibrated_gate_tells_what_is_wrong_with_an_image(hub: HubInProcess) -> None:
    hub.client().post(ADDRESS, json={"reason": "again"})
    fine = ask_gate(hub, photograph(900))
    assert fine.verdict != "refused"
    assert fine.closeness_admitted
    assert ask_gate(hub, photograph(901, sigma=3)).verdict == "refused"
    phone = ask_gate(hub, photograph(902, side=60, ending=".jpg"))
    assert not phone.closeness_admitted
    assert {"fingerprint_container", "fingerprint_size"} <= {one.code for one in phone.closeness_reasons}


def test_a_calibration_tells_which_faults_the_gate_can_see(hub: HubInProcess) -> None:
    hub.client().post(ADDRESS, json={"reason": "which faults"})
    power = {one["code"]: one for one in show(hub)["calibration"]["power"]}
    assert set(power) == set(FAULTS)
    assert power["blur"]["words"] == "blur of sigma 2"
    assert (power["blur"]["seen"], power["blur"]["n_images"]) == ("yes", 12)
    for one in power.values():
        assert one["refused"]["low"] <= one["refused"]["value"] <= one["refused"]["high"]
        assert one["told"]["value"] >= one["refused"]["value"]
        assert (one["seen"] == "yes") == (one["refused"]["value"] >= 0.9)


def test_whoever_only_reads_cannot_calibrate(hub: HubInProcess) -> None:
    assert hub.client("auditor").post(ADDRESS, json={"reason": "because"}).status_code == 403


def test_a_span_of_time_and_refused_images_decide_what_teaches(fresh: HubInProcess) -> None:
    ids = push(fresh, range(4))
    keep_verdicts(fresh, ids, ["accepted", "flagged", "refused", "refused"])
    assert show(fresh)["n_available"] == 2
    answer = fresh.client().post(ADDRESS, json={"reason": "new lamp", "include_refused": True})
    assert "4 were found" in answer.json()["detail"]
    answer = fresh.client().post(ADDRESS, json={"reason": "new lamp", "since": "2030-01-01T00:00:00Z"})
    assert "0 were found" in answer.json()["detail"]


def test_what_the_gate_said_lately_is_counted_with_its_interval(fresh: HubInProcess) -> None:
    ids = push(fresh, range(4))
    keep_verdicts(fresh, ids, ["accepted", "flagged", "refused", "refused"])
    week = show(fresh)["windows"][0]
    assert (week["days"], week["n_images"], week["refused"], week["flagged"]) == (7, 4, 2, 1)
    assert week["refused_share"]["value"] == 0.5
    assert week["refused_share"]["low"] == pytest.approx(0.150, abs=0.001)  # Wilson, 2 of 4
    assert week["refused_reasons"] == [{"code": "blurred", "words": "The image is blurred", "n": 2}]
    assert week["not_for_training"] == 2


def keep_verdicts(it: HubInProcess, ids: list[str], verdicts: list[str]) -> None:
    station = show(it)
    site = it.client().get("/api/v1/sites/lyon").json()["id"]
    reason = {"code": "blurred", "words": "The image is blurred (3, limit 1).", "value": 3, "limit": 1}
    with it.hub.database.transaction() as session:
        for image_id, verdict in zip(ids, verdicts, strict=True):
            row = session.get(ImageSignalRow, image_id) or ImageSignalRow(image_id=image_id)
            row.organisation_id = it.organisations["acme"]
            row.site_id, row.station_id = site, station["station_id"]
            row.verdict, row.reasons = verdict, [] if verdict == "accepted" else [reason]
            row.closeness_admitted = verdict != "refused"
            row.closeness_reasons = [reason] if verdict == "refused" else []
            row.measured_at = it.clock.now()
            session.add(row)


def test_a_station_calibrates_itself_once_and_never_again(
    fresh: HubInProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "FIRST_CALIBRATION", 32)
    monkeypatch.setattr(gate, "_COUNT_EVERY", 8)
    push(fresh, range(31))
    assert show(fresh)["state"] == "not_calibrated"
    push(fresh, range(31, 60))
    told = show(fresh)
    assert told["state"] == "calibrated"
    assert told["calibration"]["automatic"]
    assert told["calibration"]["by"] == "the station itself"
    assert told["earlier"] == []
    with fresh.hub.database.reading() as session:
        assert len(session.scalars(select(JobRow)).all()) == 1


def test_two_organisations_do_not_see_each_others_gates(hub: HubInProcess) -> None:
    assert hub.client(organisation="rival").get(ADDRESS).status_code == 404


def test_images_that_teach_are_spread_over_the_span() -> None:
    assert spread(list(range(1000)), count=3) == [0, 333, 666]


def test_a_gate_is_learnt_without_a_hub_too() -> None:
    limits, fingerprints = calibrate_station(photograph(seed) for seed in range(31))
    assert (limits.n_images, fingerprints.n_images) == (31, 31)
    assert limits.refuse.n_images == 31
