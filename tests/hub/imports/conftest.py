"""A hub with the sites lyon and graz, and what a browser does to import."""

import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from perenne.testing.works import Works, works_in_process


@pytest.fixture
def works(tmp_path: Path) -> Iterator[Works]:
    with works_in_process(tmp_path / "data") as made:
        yield made


@dataclass
class Browser:
    """One import, step by step, as somebody signed in sees it."""

    http: TestClient
    id: str

    def send(self, path: str, data: bytes | str) -> Any:
        """Send one file; return the HTTP answer."""
        content = data.encode() if isinstance(data, str) else data
        return self.http.put(f"/api/v1/imports/{self.id}/files/{path}", content=content)

    def send_all(self, files: Mapping[str, bytes | str]) -> "Browser":
        """Send files that must be taken."""
        for path, data in files.items():
            answer = self.send(path, data)
            assert answer.status_code == 200, answer.text
        return self

    def send_archive(self, files: Mapping[str, bytes | str] | bytes) -> Any:
        """Send files as one archive; return the HTTP answer."""
        data = files if isinstance(files, bytes) else pack(files)
        return self.http.post(f"/api/v1/imports/{self.id}/archive", content=data)

    def ask(self, step: str, **mapping: Any) -> Any:
        """Ask for `check`, `run` or `cancel`; return the HTTP answer."""
        body = None if step == "cancel" else {"mapping": mapping or None}
        return self.http.post(f"/api/v1/imports/{self.id}/{step}", json=body)

    def check(self, **mapping: Any) -> Any:
        """Return the report of a dry run that must come to its end."""
        answer = self.ask("check", **mapping)
        assert answer.status_code == 202, answer.text
        seen = self.see()
        assert seen["state"] == "checked", seen
        return seen["report"]

    def run(self, **mapping: Any) -> Any:
        """Return the result of a run that must come to its end."""
        answer = self.ask("run", **mapping)
        assert answer.status_code == 202, answer.text
        seen = self.see()
        assert seen["state"] == "succeeded", seen
        return seen["result"]

    def see(self) -> Any:
        """Return the import as it stands."""
        answer = self.http.get(f"/api/v1/imports/{self.id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def files(self, **wanted: Any) -> list[Any]:
        """Return what was received."""
        return list(self.http.get(f"/api/v1/imports/{self.id}/files", params=wanted).json()["items"])


def pack(files: Mapping[str, bytes | str]) -> bytes:
    """Return a ZIP archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    return stream.getvalue()


def begin(http: TestClient, site: str = "lyon", **fields: Any) -> Browser:
    """Begin an import."""
    answer = http.post("/api/v1/imports", json={"name": "Boards of May", "site": site, **fields})
    assert answer.status_code == 201, answer.text
    return Browser(http, answer.json()["id"])


@pytest.fixture
def browser(works: Works) -> Browser:
    return begin(works.http)
