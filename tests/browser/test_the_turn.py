"""One turn of the loop in the browser, by a person with a mouse and by one with a keyboard in French."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import httpx
import numpy as np
import pytest
from playwright.sync_api import expect

from .hands import Keyboard, Mouse, Words

if TYPE_CHECKING:
    from perenne.client import Client

    from .conftest import House, Opens

pytestmark = pytest.mark.xdist_group("browser")
LONG_MS = 120_000
STATION = "camera-1"


def _draw(seed: int, *, scratched: bool) -> bytes:
    """Return a PNG of a part before a background of its own: no two are near-duplicates."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(30, 225, (9, 9, 3)).astype(np.uint8)
    pixels = np.asarray(cv2.resize(coarse, (96, 96), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
    cv2.circle(pixels, (48, 48), 22, (190, 190, 195), -1)
    if scratched:
        x, y = (int(value) for value in rng.integers(40, 56, 2))
        cv2.line(pixels, (x - 14, y - 12), (x + 14, y + 12), (20, 20, 25), 6)
    done, data = cv2.imencode(".png", pixels)
    assert done
    return bytes(data)


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A folder per class for each of two plants: parts that are good, and parts with a scratch."""
    folders = {}
    for first, plant in enumerate(("mouse", "clavier")):
        folders[plant] = tmp_path_factory.mktemp(plant) / f"parts-{plant}"
        for name in ("good", "scratched"):
            (folders[plant] / name).mkdir(parents=True)
            for number in range(30):
                picture = _draw(first * 1000 + number * 2 + (name == "good"), scratched=name == "scratched")
                (folders[plant] / name / f"{name}-{number:02d}.png").write_bytes(picture)
    return folders


class Story:
    """The steps, each as a person sees them. `plant` names everything that this story makes."""

    def __init__(self, hands: Mouse, client: "Client", *, url: str, plant: str) -> None:
        self.hands, self.client, self.url, self.plant = hands, client, url, plant
        self.page, self.words = hands.page, hands.words
        self.client.sites.ensure(plant, name=plant.capitalize())
        self.client.sites.ensure_station(plant, STATION, name="Camera 1")

    def go(self, path: str) -> None:
        self.page.goto(self.url + path)

    def heading(self, text: Any) -> None:
        expect(self.page.get_by_role("heading", name=text).first).to_be_visible(timeout=LONG_MS)

    def import_folder(self, folder: Path) -> None:
        hands, words = self.hands, self.words
        self.go("/imports")
        hands.bring(folder)
        hands.choose(hands.field(words("imports.new.site")), self.plant.capitalize())
        hands.press(hands.button(words.start_of("imports.new.begin_other")))
        start = hands.button(words("imports.check.start"))  # the dry run begins by itself
        expect(start.first).to_be_enabled(timeout=LONG_MS)
        hands.press(start)
        self.heading(words("imports.result.title"))

    def freeze(self) -> None:
        hands, words = self.hands, self.words
        self.go("/datasets")
        hands.open(hands.button(words("datasets.create.open")))
        hands.write(hands.field(words("datasets.create.name")), f"Parts {self.plant}")
        hands.choose(hands.field(words("datasets.create.schema")), "")
        hands.press(hands.button(words("datasets.create.submit")))
        hands.leave()
        hands.open(hands.button(words("datasets.freeze.open")))
        hands.press(hands.button(words("datasets.freeze.submit")))
        hands.leave()
        expect(hands.button(words("datasets.version.train"))).to_be_visible(timeout=LONG_MS)

    def train(self, **choices: str) -> str:
        """Return the id of the run after it has ended well, its curve watched."""
        hands, words = self.hands, self.words
        hands.open(hands.button(words("datasets.version.train")))
        further = hands.field(words("training.start.further"))
        hands.write(further, "\n".join(f"{name} = {value}" for name, value in choices.items()))
        hands.press(hands.button(words("training.start.submit")))
        hands.leave()
        self.page.wait_for_url("**/runs/run_*")
        run = self.page.url.rpartition("/")[2]
        opens = self.page.get_by_role("link", name=words("training.run.openModel"))
        expect(opens.first).to_be_visible(timeout=LONG_MS)
        return run

    def evaluate(self, model: str) -> None:
        hands, words = self.hands, self.words
        self.go(f"/models/{model}")
        hands.open(hands.button(words("models.model.evaluate")))
        hands.choose(hands.field(words("datasets.select.dataset")), f"Parts {self.plant}")
        hands.press(hands.button(words("evaluation.start.submit")))
        hands.leave()
        self.heading(words("evaluation.overall.title"))

    def deploy(self, model: str) -> None:
        hands, words = self.hands, self.words
        self.go("/deployments")
        dialog = hands.open(hands.button(words("deployments.deploy.open")))
        hands.choose(hands.field(words("deployments.deploy.site")), self.plant.capitalize())
        hands.choose(hands.field(words("deployments.deploy.version")), model)
        hands.write(hands.field(words("deployments.deploy.reason")), f"to try {model}")
        hands.press(hands.button(words("deployments.deploy.action")))
        hands.leave()
        expect(dialog).to_have_count(0, timeout=LONG_MS)

    def watch_the_line(self) -> None:
        """A camera is replayed; the last verdict on the screen is the hub's last answer."""
        self.go(f"/sites/{self.plant}/stations/{STATION}")
        band = self.page.get_by_test_id("verdict")
        for number in range(3):
            picture = _draw(9000 + number, scratched=number % 2 == 0)
            answer = self.client.inspections.inspect(self.plant, STATION, image=picture)
            word = self.words(f"predictions.verdict.{answer.decision}")
            expect(band).to_contain_text(word, ignore_case=True)

    def undo(self) -> None:
        hands, words = self.hands, self.words
        self.go("/deployments")
        place = self.plant.capitalize()
        dialog = hands.open(hands.button(words("deployments.act.undoAt", place=place)))
        hands.write(dialog.get_by_role("textbox"), "only to try")
        hands.press(hands.button(words("deployments.undo.action")))
        hands.leave()
        expect(dialog).to_have_count(0, timeout=LONG_MS)
        live = [row for row in self.client.deployments.history(self.plant) if row.state == "active"]
        assert [row.model_number for row in live] == [1]


@pytest.fixture
def client(house: "House") -> Iterator["Client"]:
    with house.household.client() as client:
        yield client


def test_a_person_turns_the_loop_once_with_a_mouse(
    house: "House", opens: "Opens", client: "Client", parts: dict[str, Path]
) -> None:
    page, words = opens(house).page, Words("en")
    story = Story(Mouse(page, words), client, url=house.url, plant="mouse")
    story.import_folder(parts["mouse"])
    story.freeze()
    version = page.url
    first = story.train(budget_cpu_s="8")
    expect(page.get_by_role("img", name=words.start_of("training.curves.label")).first).to_be_visible()
    page.goto(version)
    second = story.train(budget_cpu_s="8", mode="probe")
    page.goto(f"{house.url}/runs/compare?a={first}&b={second}")
    story.heading(words("training.compare.title"))
    story.heading(words("training.compare.metrics"))
    model = client.runs.get(second).model_version_id
    assert model is not None
    story.evaluate(model)
    story.deploy("parts-mouse:1")
    story.deploy("parts-mouse:2")
    story.watch_the_line()
    story.undo()


def test_a_person_turns_the_loop_once_in_french_without_a_mouse(
    house: "House", opens: "Opens", client: "Client", parts: dict[str, Path]
) -> None:
    claire = {"email": "claire@example.org", "password": "correct horse battery"}
    with httpx.Client(base_url=house.url, trust_env=False) as hub:
        token = {"Authorization": f"Bearer {house.household.credentials()['token']}"}
        body = {**claire, "name": "Claire", "role": "org-admin"}
        assert hub.post("/api/v1/users", json=body, headers=token).status_code == 201
    it, words = opens(house, signed_in=False, language="fr"), Words("fr")
    page = it.sign_in(**claire)
    story = Story(Keyboard(page, words), client, url=house.url, plant="clavier")
    story.import_folder(parts["clavier"])
    story.freeze()
    version = page.url
    story.train(budget_cpu_s="8", mode="probe")
    page.goto(version)
    story.train(budget_cpu_s="8", mode="probe")
    story.deploy("parts-clavier:1")
    story.deploy("parts-clavier:2")
    story.watch_the_line()
    story.undo()


def test_a_page_says_when_the_hub_is_gone_and_finds_it_again(house: "House", opens: "Opens") -> None:
    page, words = opens(house).page, Words("en")
    page.goto(f"{house.url}/sites")
    live = page.get_by_role("status").filter(has_text=words("ui.live.live.word"))
    expect(live.first).to_be_visible()
    process = house.household.process
    assert process is not None
    process.terminate()  # the household starts it again, as a service manager would
    expect(page.get_by_role("status").filter(has_text=words("ui.live.lost.word")).first).to_be_visible(
        timeout=LONG_MS
    )
    expect(live.first).to_be_visible(timeout=LONG_MS)
    expect(page.get_by_role("heading", level=1)).to_have_text(words("sites.title"))
