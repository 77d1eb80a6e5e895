"""The door: signing in and out, links that sign in, what is refused, and organisations apart."""

from typing import TYPE_CHECKING

import httpx
import pytest
from playwright.sync_api import expect

from perenne.cli.browser import invitation_url

if TYPE_CHECKING:
    from .conftest import House, Opens

pytestmark = pytest.mark.xdist_group("browser")
PASSWORD = "correct horse battery"


def test_a_wrong_password_says_what_to_do_and_the_right_one_opens(house: "House", opens: "Opens") -> None:
    it = opens(house, signed_in=False)
    page = it.go("/people")
    page.locator("input[name=email]").fill(house.email)
    page.locator("input[name=password]").fill("not the password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Check both, or ask an administrator.")
    page.locator("input[name=password]").fill(house.password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("People")  # where the person wanted to go


def test_after_signing_out_the_pages_are_closed(house: "House", opens: "Opens") -> None:
    page = opens(house).page
    page.get_by_role("button", name="Menu of").click()
    page.get_by_role("menuitem", name="Sign out").click()
    page.locator("input[name=email]").wait_for()
    page.goto(f"{house.url}/people")
    page.locator("input[name=email]").wait_for()


def test_a_session_that_ended_leads_to_the_door_and_back(house: "House", opens: "Opens") -> None:
    it = opens(house)
    it.page.clock.install()
    page = it.go("/people")
    expect(page.locator("main").get_by_text(house.email)).to_be_visible()  # the page has asked and heard
    page.context.clear_cookies()
    page.clock.fast_forward("01:00")  # the next time that the page asks the hub, nobody is known there
    page.locator("input[name=email]").fill(house.email)
    page.locator("input[name=password]").fill(house.password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("People")


def test_a_link_from_the_terminal_signs_in_once(house: "House", opens: "Opens") -> None:
    link = invitation_url(house.url, email=house.email, password=house.password, path="/about")
    assert link is not None
    page = opens(house, signed_in=False).page
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text("About this hub")
    assert "invitation" not in page.url
    other = opens(house, signed_in=False).page
    other.goto(link)
    expect(other.get_by_role("alert")).to_be_visible()


def test_the_language_is_kept_and_follows_the_person_to_another_machine(
    house: "House", opens: "Opens"
) -> None:
    page = opens(house).page
    page.get_by_role("button", name="Menu of").click()
    with page.expect_response(lambda answer: answer.request.method == "PATCH"):
        page.get_by_role("menuitem", name="Français").click()
    expect(page.get_by_role("link", name="Jeux de données")).to_be_visible()
    elsewhere = opens(house).page
    expect(elsewhere.get_by_role("link", name="Jeux de données")).to_be_visible()
    elsewhere.get_by_role("button", name="Menu de").click()
    with elsewhere.expect_response(lambda answer: answer.request.method == "PATCH"):
        elsewhere.get_by_role("menuitem", name="English").click()


def test_an_organisation_sees_nothing_of_another(house: "House", opens: "Opens") -> None:
    account = house.household.credentials()
    with httpx.Client(base_url=house.url, trust_env=False) as hub:
        body = {"email": account["instance_email"], "password": account["instance_password"]}
        token = hub.post("/api/v1/session", json=body).json()["secret"]
        rival = {
            "slug": "rival",
            "name": "Rival",
            "admin_email": "boss@rival.com",
            "admin_password": PASSWORD,
        }
        made = hub.post("/api/v1/organisations", json=rival, headers={"Authorization": f"Bearer {token}"})
        assert made.status_code == 201, made.text
        own = {"Authorization": f"Bearer {account['token']}"}
        site = {"slug": "secret-plant", "name": "Secret plant"}
        assert hub.post("/api/v1/sites", json=site, headers=own).status_code in (200, 201)
    ours = opens(house).go("/sites")
    expect(ours.get_by_text("Secret plant").first).to_be_visible()
    it = opens(house, signed_in=False)
    it.sign_in("boss@rival.com", PASSWORD)
    theirs = it.go("/sites")
    theirs.locator("h1").wait_for()
    theirs.locator("[aria-busy=true]").first.wait_for(state="detached")
    expect(theirs.get_by_text("Secret plant")).to_have_count(0)
    missing = it.go("/sites/secret-plant")
    expect(missing.get_by_role("alert")).to_be_visible()
    expect(missing.get_by_text("Secret plant")).to_have_count(0)
