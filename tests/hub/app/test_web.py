"""The web app is served whole, quickly and strictly; without it the hub says how to come by it."""

import gzip
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from perenne.hub.app import create_app
from perenne.hub.app.middleware import API_POLICY
from perenne.hub.app.web import NONCE, accepted_encodings
from perenne.hub.settings import Settings
from perenne.testing.hubs import hub_in_process

PAGE = (
    f"""<!doctype html><html><head><meta property="csp-nonce" nonce="{NONCE}"></head><body></body></html>"""
)
SCRIPT = b"console.log('perenne');" * 100
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    web = tmp_path / "web"
    (web / "assets").mkdir(parents=True)
    (web / "index.html").write_text(PAGE)
    (web / "favicon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (web / "assets" / "main-3f2a.js").write_bytes(SCRIPT)
    (web / "assets" / "main-3f2a.js.gz").write_bytes(gzip.compress(SCRIPT))
    (web / "assets" / "main-3f2a.js.br").write_bytes(b"as brotli has it")
    (web / "assets" / "inter.woff2").write_bytes(b"letters")
    (tmp_path / "secret.txt").write_text("nobody may read this")
    (web / "assets" / "link.txt").symlink_to(tmp_path / "secret.txt")
    return web


@pytest.fixture
def browser(folder: Path, tmp_path: Path) -> Iterator[TestClient]:
    with hub_in_process(tmp_path / "data") as it:
        it.hub.settings = Settings(data=tmp_path / "data", web_dir=str(folder))
        yield TestClient(create_app(it.hub), raise_server_exceptions=False, follow_redirects=False)


@pytest.mark.parametrize(
    "path", ["/", "/sites", "/sites/lyon/stations/a", "/runs/run_1?tab=curves", "/sign-in"]
)
def test_every_address_of_a_person_leads_to_the_app(browser: TestClient, path: str) -> None:
    answer = browser.get(path, headers=HTML)
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/nothing",
        "/api",
        "/docs/nothing",
        "/assets/gone-1.js",
        "/metrics/x",
        "/livez/x",
        "/index.html.br",
    ],
)
def test_what_is_no_page_is_not_answered_with_one(browser: TestClient, path: str) -> None:
    wants_page = browser.get(path, headers=HTML)
    if path != "/index.html.br":
        assert wants_page.status_code == 404
        assert wants_page.headers["content-type"] == "application/problem+json"
    assert browser.get(path, headers={"Accept": "application/json"}).status_code == 404


def test_other_methods_are_refused_as_before(browser: TestClient) -> None:
    assert browser.post("/sites", headers=HTML).status_code == 404
    assert browser.delete("/assets/main-3f2a.js").status_code == 404
    assert browser.post("/livez").status_code == 405
    assert browser.post("/api/v1/nothing").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../../secret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/assets/%252e%252e%252fsecret.txt",
        "/assets/..\\..\\secret.txt",
        "/assets/link.txt",
        "//etc/passwd",
        "/assets/main-3f2a.js%00.txt",
    ],
)
def test_no_path_leads_out_of_the_folder(browser: TestClient, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 404 and "nobody may read" not in answer.text


def test_a_file_named_by_its_content_is_kept_for_a_year_and_a_changing_one_is_asked_for_again(
    browser: TestClient,
) -> None:
    named = browser.get("/assets/main-3f2a.js", headers={"Accept-Encoding": "identity"})
    assert named.content == SCRIPT and named.headers["content-type"].startswith("text/javascript")
    assert named.headers["cache-control"] == "public, max-age=31536000, immutable"
    icon = browser.get("/favicon.svg")
    assert icon.headers["cache-control"] == "no-cache" and icon.headers["content-type"] == "image/svg+xml"
    again = browser.get("/favicon.svg", headers={"If-None-Match": icon.headers["etag"]})
    assert again.status_code == 304 and not again.content
    assert browser.get("/assets/inter.woff2").headers["content-type"] == "font/woff2"


def test_the_smallest_form_that_the_browser_reads_is_sent(browser: TestClient) -> None:
    def encoding(accepted: str) -> str | None:
        head = browser.head("/assets/main-3f2a.js", headers={"Accept-Encoding": accepted})
        assert head.headers["vary"] == "Accept-Encoding"
        return head.headers.get("content-encoding")

    assert encoding("gzip, deflate, br, zstd") == "br"
    assert encoding("gzip, deflate") == "gzip"
    assert encoding("br;q=0, gzip;q=0.5") == "gzip"
    assert encoding("") is None
    unpacked = browser.get("/assets/main-3f2a.js", headers={"Accept-Encoding": "gzip"})
    assert unpacked.content == SCRIPT
    assert "content-encoding" not in browser.get("/favicon.svg").headers


def test_what_a_browser_accepts_is_read_with_its_refusals() -> None:
    assert accepted_encodings("br;q=1.0, GZIP ; q=0, *;q=0") == {"br"}
    assert accepted_encodings("") == set()


def test_the_page_may_load_its_own_files_only_and_style_itself_by_a_fresh_nonce(browser: TestClient) -> None:
    first, second = browser.get("/", headers=HTML), browser.get("/", headers=HTML)
    policies = [answer.headers.get_list("content-security-policy") for answer in (first, second)]
    assert all(len(policy) == 1 for policy in policies)
    policy = policies[0][0]
    assert (
        "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "base-uri 'none'" in policy
    )
    assert "script-src 'self';" in policy and "unsafe-eval" not in policy and "http" not in policy
    assert [part for part in policy.split("; ") if "unsafe-inline" in part] == [
        "style-src-attr 'unsafe-inline'"
    ]
    nonces = [re.search(r"'nonce-([\w-]{16,})'", found[0]) for found in policies]
    assert nonces[0] and nonces[1] and nonces[0][1] != nonces[1][1]
    assert f'nonce="{nonces[0][1]}"' in first.text and NONCE not in first.text
    assert "nonce" not in browser.get("/favicon.svg").headers["content-security-policy"]


def test_data_keeps_the_policy_that_allows_nothing_and_is_not_kept_by_browsers(browser: TestClient) -> None:
    for path in ("/api/v1/sites", "/api/v1/nothing", "/livez"):
        assert browser.get(path, headers=HTML).headers["content-security-policy"] == API_POLICY.decode()
    assert browser.get("/api/v1/sites").headers["cache-control"] == "no-store"
    assert "script-src" not in browser.get("/docs").headers["content-security-policy"]


def test_a_new_build_is_served_without_a_restart(browser: TestClient, folder: Path) -> None:
    assert browser.get("/assets/new-1.js").status_code == 404
    (folder / "assets" / "new-1.js").write_text("1")
    (folder / "index.html").write_text(PAGE.replace("<body>", "<body>new"))
    os.utime(folder / "index.html", ns=(1, 1))
    assert "new" in browser.get("/", headers=HTML).text
    assert browser.get("/assets/new-1.js").status_code == 200


def test_a_file_that_goes_while_a_new_build_comes_is_missing_and_not_an_error(
    browser: TestClient, folder: Path
) -> None:
    assert browser.get("/assets/main-3f2a.js").status_code == 200
    for name in ("main-3f2a.js", "main-3f2a.js.gz", "main-3f2a.js.br"):
        (folder / "assets" / name).unlink()
    assert browser.get("/assets/main-3f2a.js").status_code == 404
    assert browser.get("/", headers=HTML).status_code == 200


def test_without_the_built_app_the_first_page_says_how_to_build_it(browser: TestClient, folder: Path) -> None:
    (folder / "index.html").unlink()
    page = browser.get("/", headers=HTML)
    assert page.status_code == 200 and "dev.py web" in page.text and "/docs" in page.text
    assert browser.get("/sites", headers=HTML).status_code == 404
    assert browser.get("/assets/main-3f2a.js").status_code == 404
