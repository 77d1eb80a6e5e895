"""A folder dropped on the page: looked at first, then taken in through the same doors as a push."""

import json
from typing import Any

import pytest

from perenne.testing.hostile_images import encode, plain_image
from perenne.testing.works import Works, picture

from .conftest import Browser, begin, pack


def coco(n_images: int, *, empty: bool = False) -> str:
    """Return a COCO file: every image but the last has a scratch; the last one has no annotation."""
    return json.dumps(
        {
            "images": [
                {"id": n, "file_name": f"{n}.png", "width": 48, "height": 48, "board": f"b{n % 2}"}
                | ({"perenne_state": "empty"} if empty and n == n_images else {})
                for n in range(1, n_images + 1)
            ],
            "annotations": [
                {"id": n, "image_id": n, "category_id": 7, "bbox": [4, 5, 10, 12]} for n in range(1, n_images)
            ],
            "categories": [{"id": 7, "name": "Scratch"}],
        }
    )


def boards(n_images: int = 3, **said: bool) -> dict[str, bytes | str]:
    """Return a folder with a COCO file."""
    images = {f"set/images/{n}.png": picture(n) for n in range(1, n_images + 1)}
    return {**images, "set/labels.json": coco(n_images, **said)}


def truths(works: Works) -> list[Any]:
    return list(works.get("/ground-truth")["items"])


def test_a_coco_folder_comes_in_with_its_boxes_and_keeps_the_three_states_apart(
    works: Works, browser: Browser
) -> None:
    works.push("lyon", truth=None, data=picture(2))
    report = browser.send_all(boards(4, empty=True)).check()
    assert (report["format"], report["sources"], report["problem"]) == (
        "coco",
        ["set/labels.json"],
        "detection",
    )
    assert report["images"] == {"new": 3, "known": 1, "refused": 0}
    assert report["truths"] == {"objects": 3, "empty": 1, "unlabelled": 0, "left_out": 0}
    assert report["classes"] == [{"given": "Scratch", "objects": 3, "images": 3, "mapped_to": "Scratch"}]
    assert report["proposal"]["exists"] is False
    assert len(works.get("/images")["items"]) == 1, "a dry run changes nothing"
    result = browser.run(label_schema="pcb", classes={"Scratch": "scratch"})
    assert (result["created"], result["known"], result["truths_accepted"]) == (3, 1, 4)
    assert works.get("/label-schemas/pcb")["classes"] == ["scratch"]
    told = sorted(len(truth["target"]["boxes"]) for truth in truths(works))
    assert told == [0, 1, 1, 1]


def test_an_unlabelled_image_comes_in_without_truth_unless_a_person_says_it_is_empty(
    works: Works, browser: Browser
) -> None:
    browser.send_all(boards(3))
    assert browser.check()["truths"] == {"objects": 2, "empty": 0, "unlabelled": 1, "left_out": 0}
    assert browser.check(unlabelled="empty")["truths"] == {
        "objects": 2,
        "empty": 1,
        "unlabelled": 0,
        "left_out": 0,
    }
    assert browser.check(unlabelled="not-seen")["truths"]["unlabelled"] == 1
    browser.run()
    assert [image["has_truth"] for image in works.get("/images")["items"]].count(False) == 1


def test_running_it_again_in_a_second_import_doubles_nothing(works: Works, browser: Browser) -> None:
    browser.send_all(boards(3)).check()
    browser.run()
    again = begin(works.http).send_all(boards(3))
    assert again.check()["images"] == {"new": 0, "known": 3, "refused": 0}
    result = again.run()
    assert (result["created"], result["known"], result["truths_unchanged"]) == (0, 3, 2)
    assert len(works.get("/images")["items"]) == 3
    assert len(truths(works)) == 2


def test_class_folders_find_the_schema_that_knows_their_classes(works: Works, browser: Browser) -> None:
    browser.send_all({"cells/Good/1.png": picture(1), "cells/bad/2.png": picture(2)})
    report = browser.check()
    assert (report["format"], report["proposal"]["label_schema"]) == ("folders", "cells")
    assert {one["given"]: one["mapped_to"] for one in report["classes"]} == {"Good": "good", "bad": "bad"}
    browser.run()
    assert sorted(truth["target"]["class"] for truth in truths(works)) == ["bad", "good"]


def test_a_class_that_leads_nowhere_costs_its_images_their_truth_only(works: Works, browser: Browser) -> None:
    browser.send_all({"good/1.png": picture(1), "odd/2.png": picture(2)})
    report = browser.check(label_schema="cells")
    assert {one["given"]: one["mapped_to"] for one in report["classes"]} == {"good": "good", "odd": None}
    assert report["truths"]["left_out"] == 1
    result = browser.run()
    assert (result["created"], result["truths_accepted"]) == (2, 1)


def test_a_schema_grows_only_when_a_person_says_so(works: Works, browser: Browser) -> None:
    browser.send_all({"good/1.png": picture(1), "odd/2.png": picture(2)}).check(label_schema="cells")
    refused = browser.ask("run", label_schema="cells", classes={"odd": "odd"})
    assert (refused.status_code, refused.json()["code"]) == (422, "mapping-incomplete")
    assert "good, bad" in refused.json()["remedy"]
    browser.run(label_schema="cells", classes={"odd": "odd"}, add_classes=True)
    assert works.get("/label-schemas/cells")["classes"] == ["good", "bad", "odd"]


def test_a_csv_names_line_and_remedy_of_what_is_wrong(works: Works, browser: Browser) -> None:
    lines = ["file,class,part,site,serial", "1.png,good,p1,,A", "2.png,bad,p2,,B", "missing.png,good,,,"]
    table = "\n".join([*lines, "3.png,bad,,nowhere,C"])
    browser.send_all({f"{n}.png": picture(n) for n in (1, 2, 3)} | {"list.csv": table})
    report = browser.check()
    assert report["images"] == {"new": 2, "known": 0, "refused": 2}
    first = next(one for one in report["issues"] if one["code"] == "missing-file")
    assert (first["file"], first["line"], first["severity"]) == ("list.csv", 4, "error")
    assert first["remedy"]
    assert "/" not in first["what"].replace("missing.png", ""), "no folder of the server is shown"
    assert any("nowhere" in one["what"] for one in report["issues"])
    assert report["context"] == {"site": 3, "part_id": 2, "external_id": 3}
    assert report["fields"] == ["serial"]
    result = browser.run()
    assert (result["created"], result["refused"], result["truths_accepted"]) == (2, 1, 2)
    assert [one["code"] for one in result["issues"]] == ["not-found"]
    assert [one["path"] for one in browser.files(image="refused")] == ["3.png"]


def test_images_alone_come_in_without_any_truth(works: Works, browser: Browser) -> None:
    browser.send_all({"monday/1.png": picture(1), "monday/2.png": picture(2)})
    report = browser.check()
    assert (report["format"], report["problem"], report["proposal"]) == ("images", None, None)
    assert report["truths"] == {"objects": 0, "empty": 0, "unlabelled": 2, "left_out": 0}
    assert browser.run()["created"] == 2
    assert truths(works) == []


def test_templates_come_in_first_and_their_images_name_them(works: Works, browser: Browser) -> None:
    files = boards(2) | {f"set/templates/{n}.png": picture(100 + n) for n in (1, 2)}
    report = browser.send_all(files).check()
    assert (report["with_reference"], report["images"]["new"]) == (2, 2)
    result = browser.run()
    assert (result["templates"], result["created"], result["unused"]) == (2, 2, 1)
    images = works.get("/images", kind="capture")["items"]
    assert all(image["reference_image_id"] for image in images)


def test_station_and_product_of_the_import_hold_for_its_images(works: Works) -> None:
    works.http.post("/api/v1/sites/lyon/stations", json={"slug": "s1", "name": "S1"})
    works.http.post("/api/v1/products", json={"slug": "p1", "name": "P1"})
    browser = begin(works.http, station="s1", product="p1").send_all({"1.png": picture(1)})
    browser.check()
    browser.run()
    image = works.get("/images")["items"][0]
    assert (image["site"], image["station"], image["product"]) == ("lyon", "s1", "p1")
    assert begin_refused(works, station="nowhere") == 404


def begin_refused(works: Works, **fields: Any) -> int:
    return works.http.post("/api/v1/imports", json={"name": "x", "site": "lyon", **fields}).status_code


def test_a_damaged_image_is_refused_with_its_name_and_stops_no_other(works: Works, browser: Browser) -> None:
    cut = encode(plain_image(width=64, height=48, seed=1), "JPEG")[:-300]
    browser.send_all({"1.png": picture(1), "2.jpg": cut, "3.png": b"no image"})
    report = browser.check()
    assert [one["file"] for one in report["issues"] if one["severity"] == "error"] == ["3.png"]
    assert str(works.house.hub.settings.data) not in json.dumps(report), "no folder of the server is shown"
    result = browser.run()
    assert (result["created"], result["refused"]) == (1, 1)
    assert (result["issues"][0]["file"], result["issues"][0]["code"]) == ("2.jpg", "truncated")


def test_an_archive_is_as_good_as_a_folder(works: Works, browser: Browser) -> None:
    answer = browser.send_archive(boards(3) | {"set/notes.docx": b"x", "__MACOSX/set/._1.png": b"x"})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["files"], answer.json()["passed_over"]) == (4, {".docx": 1, ".png": 1})
    browser.check()
    assert browser.run()["created"] == 3


def test_of_a_refused_archive_nothing_is_taken(works: Works, browser: Browser) -> None:
    answer = browser.send_archive({"1.png": picture(1), "../../evil.png": picture(2)})
    assert (answer.status_code, answer.json()["code"]) == (422, "archive-refused")
    assert "evil.png" in answer.json()["detail"]
    assert browser.files() == []
    clash = browser.send_archive(pack({"a.png": picture(1), "a.png/b.png": picture(2)}))
    assert (clash.status_code, clash.json()["code"]) == (422, "file-not-usable")
    assert browser.see()["files"] == 0


def test_sending_goes_on_where_it_stopped(works: Works, browser: Browser) -> None:
    browser.send_all({"1.png": picture(1), "2.png": picture(2)})
    browser.send_all({"1.png": picture(1)})
    assert [(one["path"], len(one["sha256"])) for one in browser.files()] == [("1.png", 64), ("2.png", 64)]
    assert browser.see()["files"] == 2
    browser.send_all({"2.png": picture(3)})
    assert browser.see()["files"] == 2
    page = works.get(f"/imports/{browser.id}/files", limit=1)
    assert (
        works.get(f"/imports/{browser.id}/files", limit=1, cursor=page["next_cursor"])["items"][0]["path"]
        == "2.png"
    )


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("..%2f..%2fevil.png", "file-not-usable"),
        ("%2fetc%2fpasswd.png", "file-not-usable"),
        ("a%00b.png", "file-not-usable"),
        ("C:%5cevil.png", "file-not-usable"),
        ("x" * 300 + ".png", "file-not-usable"),
        ("tool.exe", "file-not-usable"),
        ("labels.xml", "file-not-usable"),
    ],
)
def test_a_name_that_leads_out_or_helps_nobody_is_refused(browser: Browser, path: str, code: str) -> None:
    answer = browser.send(path, picture(1))
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json()["remedy"]


def test_a_file_cannot_be_a_folder_as_well(browser: Browser) -> None:
    browser.send_all({"a.png": picture(1)})
    answer = browser.send("a.png/b.png", picture(2))
    assert (answer.status_code, answer.json()["code"]) == (422, "file-not-usable")


def test_a_table_that_cannot_be_read_fails_with_its_reason_and_may_be_mended(browser: Browser) -> None:
    browser.send_all({"1.png": picture(1), "labels.json": '{"images": ['})
    browser.ask("check")
    seen = browser.see()
    assert seen["state"] == "failed"
    assert "not whole JSON" in seen["message"]
    assert "/imports/" not in seen["message"]
    assert seen["error"]["remedy"]
    refused = browser.ask("run")
    assert (refused.status_code, refused.json()["code"]) == (409, "import-state")
    assert browser.check(format="images")["images"]["new"] == 1
    browser.run()
