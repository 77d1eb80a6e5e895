"""From nothing to images with truth, by the command line alone."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Picture


@pytest.fixture
def boards(tmp_path: Path) -> Path:
    """A COCO set of two boards with templates, one image of each without boxes."""
    rng = np.random.default_rng(5)
    images, annotations = [], []
    for number in range(6):
        board = f"0{number % 2 + 1}"
        name = f"{board}/{number}.png"
        for kind in ("images", "templates"):
            path = tmp_path / kind / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Picture.fromarray(rng.integers(0, 255, (40, 50, 3), dtype=np.uint8)).save(path)
        images.append({"id": number, "file_name": name, "width": 50, "height": 40, "board": board})
        if number < 4:
            annotations.append({"id": number, "image_id": number, "category_id": 1, "bbox": [5, 6, 10, 12]})
    content: dict[str, Any] = {
        "images": images,
        "annotations": annotations,
        "categories": [{"id": 1, "name": "open"}, {"id": 2, "name": "short"}],
    }
    (tmp_path / "set.coco.json").write_text(json.dumps(content))
    return tmp_path


def import_boards(perenne: Any, boards: Path, *more: str, fails: bool = False) -> Any:
    return perenne(
        "import", "coco", boards / "set.coco.json", "--images", boards / "images", "--references",
        boards / "templates", "--schema", "pcb", "--site-field", "board", "--group-field", "board",
        *more, fails=fails,
    )  # fmt: skip


def test_a_dry_run_reports_everything_and_sends_nothing(perenne: Any, boards: Path) -> None:
    said = import_boards(perenne, boards, "--dry-run", "--create-sites")
    assert "4 annotated" in said.out
    assert "2 not yet seen" in said.out
    assert "01, 02 would be created" in said.out
    assert json.loads(perenne("sites", "list", "--json").out) == []


def test_an_import_without_its_sites_says_what_to_give(perenne: Any, boards: Path) -> None:
    said = import_boards(perenne, boards, fails=True)
    assert "--create-sites" in said.err


def test_a_coco_set_arrives_with_templates_sites_schema_and_truth_and_again_changes_nothing(
    perenne: Any, boards: Path
) -> None:
    said = import_boards(perenne, boards, "--create-sites", "--unlabelled", "empty")
    assert "images: 6 new" in said.out
    assert "reference images: 6 new" in said.out
    assert "ground truth: 6 accepted" in said.out
    again = json.loads(import_boards(perenne, boards, "--unlabelled", "empty", "--json").out)
    assert (again["images"]["created"], again["images"]["known"]) == (0, 6)
    assert again["truth"]["unchanged"] == 6
    listed = json.loads(perenne("images", "list", "--site", "01", "--json").out)
    captures = [image for image in listed if image["kind"] == "capture"]
    assert len(captures) == 3
    assert all(image["reference_image_id"] and image["has_truth"] for image in captures)
    assert "open, short" in perenne("schemas", "list").out


def test_a_folder_is_pushed_with_a_summary_and_a_refusal_sets_the_exit_code(
    perenne: Any, boards: Path
) -> None:
    perenne("sites", "add", "lyon", "--name", "Lyon", "--time-zone", "Europe/Paris")
    perenne("sites", "add-line", "lyon", "l1")
    perenne("stations", "add", "lyon", "s1", "--line", "l1")
    said = perenne(
        "images", "push", boards / "images", "--site", "lyon", "--station", "s1", "--group-by-folder"
    )
    assert "6 new, 0 already known" in said.out
    (boards / "bad.png").write_bytes(b"nothing")
    said = perenne("images", "push", boards / "bad.png", "--site", "lyon", fails=True)
    assert "1 refused" in said.out
    assert "bad.png" in said.out
    assert "Refused images: 1" in perenne("images", "refused").out
    assert "s1" in perenne("stations", "list", "lyon").out


def test_a_csv_and_a_class_folder_are_imported(perenne: Any, boards: Path) -> None:
    rows = ["file,klass,batch", "01/0.png,good,b1", "02/1.png,bad,b1"]
    (boards / "cells.csv").write_text("\n".join(rows))
    said = perenne(
        "import", "csv", boards / "cells.csv", "--images", boards / "images", "--schema", "cells",
        "--class-column", "klass", "--field", "batch_id=batch", "--site", "lyon", "--create-sites",
    )  # fmt: skip
    assert "ground truth: 2 accepted" in said.out
    said = perenne("import", "folder", boards / "templates", "--schema", "boards", "--site", "lyon")
    assert "ground truth: 6 accepted" in said.out


def test_an_import_says_which_class_passes_and_takes_another_by_name(perenne: Any, boards: Path) -> None:
    (boards / "cells.csv").write_text("file,class\n01/0.png,rough\n02/1.png,smooth")
    words = ["import", "csv", boards / "cells.csv", "--images", boards / "images", "--schema", "cells"]
    words += ["--site", "lyon", "--create-sites"]
    assert "'rough' passes" in perenne(*words, "--dry-run").out
    assert "rough, smooth" in perenne(*words, "--good", "fine", fails=True).err
    assert "'smooth' is the class of a good part" in perenne(*words, "--good", "smooth").out
    assert json.loads(perenne("schemas", "show", "cells", "--json").out)["classes"] == ["smooth", "rough"]
    assert "'smooth', not 'rough'" in perenne(*words, "--good", "rough", fails=True).err


def test_late_truth_by_part_waits_for_its_image(perenne: Any, boards: Path) -> None:
    perenne(
        "schemas", "add", "cells", "--problem", "classification", "--classes", "good,bad", "--good", "good"
    )
    lines = [{"part_id": "P-1", "target": {"class": "bad"}}, {"part_id": "P-2", "target": {"class": "ugly"}}]
    (boards / "truth.ndjson").write_text("\n".join(map(json.dumps, lines)))
    said = perenne("truth", "push", boards / "truth.ndjson", "--schema", "cells", fails=True)
    assert "1 waiting for their image" in said.out
    assert "ugly" in said.out
    (boards / "truth.ndjson").write_text('{"target": {}}')
    said = perenne("truth", "push", boards / "truth.ndjson", "--schema", "cells", fails=True)
    assert "line 1" in said.err


def test_a_bad_name_is_one_line_that_says_what_is_expected(perenne: Any) -> None:
    said = perenne("schemas", "add", "Bad Slug", "--problem", "detection", fails=True)
    assert "slug" in said.err
    assert "pydantic" not in said.err


def test_a_missing_source_and_a_broken_coco_file_are_one_message_each(perenne: Any, boards: Path) -> None:
    said = perenne("images", "push", boards / "gone", "--site", "lyon", fails=True)
    assert "does not exist" in said.err
    (boards / "set.coco.json").write_text('{"images": [')
    said = import_boards(perenne, boards, fails=True)
    assert "Traceback" not in said.err
    assert len(said.err.strip().splitlines()) <= 4


def test_a_version_goes_out_with_its_images_and_comes_back_the_same(
    perenne: Any, boards: Path, tmp_path: Path
) -> None:
    import_boards(perenne, boards, "--create-sites", "--unlabelled", "empty")
    perenne("datasets", "create", "pcb", "--schema", "pcb")
    perenne("datasets", "freeze", "pcb")
    out = tmp_path / "out"
    said = perenne("datasets", "export", "pcb:1", "--to", out, "--images")
    assert "6 images, 4 annotations, 2 seen and empty" in said.out
    assert "who gave the truth" in said.err
    assert len(list((out / "images").iterdir())) == len(list((out / "templates").iterdir())) == 6
    again = json.loads(perenne("datasets", "export", "pcb:1", "--to", out, "--images", "--json").out)
    assert again["fetched"] == 0
    back = perenne(
        "import", "coco", out / "annotations.json", "--references", out / "templates", "--schema", "pcb",
        "--site-field", "site", "--json",
    )  # fmt: skip
    report = json.loads(back.out)
    assert (report["images"]["created"], report["truth"]["unchanged"]) == (0, 6)
