"""An incident in the browser, by a keyboard alone and in French: read, taken on, assigned, closed."""

from typing import TYPE_CHECKING, Any

import pytest

from .hands import Keyboard, Words

if TYPE_CHECKING:
    from .conftest import House, Opens

pytestmark = pytest.mark.xdist_group("browser")
REASON = "Réglage JPEG de la caméra remis à 95"


def _fetch(page: Any, path: str) -> Any:
    """Return the hub's answer to the signed-in person."""
    return page.evaluate("path => fetch(path).then(r => r.json())", path)


def _wait_for_cause(page: Any, incident: str) -> Any:
    """Return the incident once the worker has named its cause."""
    page.wait_for_function(
        "path => fetch(path).then(r => r.json()).then(one => one.finding !== null)",
        arg=f"/api/v1/incidents/{incident}",
        polling=500,
    )
    return _fetch(page, f"/api/v1/incidents/{incident}")


def test_an_incident_is_read_taken_on_assigned_and_closed_by_keyboard(
    plenty: "House", opens: "Opens"
) -> None:
    it = opens(plenty, language="fr")
    words = Words("fr")
    (listed,) = _fetch(it.page, "/api/v1/incidents?state=open")["items"]
    known = _wait_for_cause(it.page, listed["id"])
    page = it.go("/incidents")
    hands = Keyboard(page, words)
    link = page.get_by_role("link", name=words("monitoring.list.named", number=listed["number"]))
    link.wait_for()
    hands.press(link)
    page.get_by_role("heading", name=words(f"monitoring.cause.{known['cause']}"), level=2).wait_for()
    names = list(known["site_names"].values())
    page.get_by_text(words("monitoring.incident.at", sites=", ".join(names))).wait_for()
    assert page.locator("main ul img").count() >= 2  # pictures of the change beside those of the reference
    assert page.get_by_role("row").count() > 3  # what was looked at, with its numbers

    hands.open(hands.button(words("monitoring.act.acknowledge")))
    hands.write(hands.field(words("monitoring.act.note")), "Je regarde")
    hands.press(hands.button(words("monitoring.act.acknowledge")))
    hands.leave()
    page.get_by_role("dialog").wait_for(state="detached")
    page.get_by_text(words("ui.sign.incident_acknowledged")).first.wait_for()

    hands.open(hands.button(words("monitoring.act.assign")))
    hands.press(hands.button(words("monitoring.act.assign")))
    hands.leave()
    page.get_by_role("dialog").wait_for(state="detached")

    hands.open(hands.button(words("monitoring.act.close")))
    hands.write(hands.field(words("monitoring.act.reason")), REASON)
    hands.press(hands.button(words("monitoring.act.close")))
    hands.leave()
    page.get_by_role("dialog").wait_for(state="detached")
    page.get_by_text(words("ui.sign.incident_closed")).first.wait_for()
    page.get_by_text(REASON).first.wait_for()
    told = _fetch(page, f"/api/v1/incidents/{listed['id']}")
    assert told["state"] == "closed" and told["close_reason"] == REASON and told["assignee"]
    assert [step["act"] for step in told["steps"]][-3:] == ["acknowledged", "assigned", "closed"]

    hands.open(hands.button(words("monitoring.act.reopen")))
    hands.press(hands.button(words("monitoring.act.reopen")))
    hands.leave()
    page.get_by_text(words("ui.sign.incident_open")).first.wait_for()
