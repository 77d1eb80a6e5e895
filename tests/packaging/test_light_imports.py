"""What a room pulls in when it is imported: small processes stay small, wherever they run."""

import json
import subprocess
import sys

import pytest

HEAVY = {"torch", "transformers", "sklearn", "scipy", "onnx", "onnxruntime", "cv2", "numpy"}
OF_THE_HUB = {"fastapi", "starlette", "uvicorn", "sqlalchemy", "alembic", "dbos", "psycopg", "obstore"}
NOT_ON_THE_EDGE = OF_THE_HUB | {"torch", "transformers", "scipy", "sklearn", "onnx", "faster_coco_eval"}

BLOCKED_IMPORT = """
import importlib, importlib.abc, sys

class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {blocked!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}} here", name=name)

sys.meta_path.insert(0, Absent())
importlib.import_module({room!r})
"""


@pytest.mark.parametrize(
    "room", ["kit", "geometry", "quality", "stats.estimation", "problems", "runtime", "wire", "client", "cli"]
)
def test_a_room_of_the_edge_works_without_the_packages_of_hub_and_trainer(room: str) -> None:
    script = BLOCKED_IMPORT.format(blocked=NOT_ON_THE_EDGE, room=f"perenne.{room}")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def test_naming_a_recipe_does_not_load_torch() -> None:
    assert not loaded_by("import perenne.recipes; perenne.recipes.RECIPES.names()") & {
        "torch",
        "transformers",
    }


def test_the_command_line_opens_without_numbers_images_or_the_hub() -> None:
    assert not loaded_by("import perenne.cli") & (HEAVY | OF_THE_HUB)


def test_the_hub_starts_without_numbers_and_images() -> None:
    """They come with the first image; until then they would only cost memory and start time."""
    whole = "from perenne.hub.app.rooms import import_tables, room_routers; import_tables(); room_routers()"
    assert not loaded_by(f"import perenne.hub.app; {whole}") & HEAVY


def test_the_trainer_leaves_torch_to_its_child_process() -> None:
    assert not loaded_by("import perenne.trainer") & ({"torch"} | OF_THE_HUB)


def loaded_by(statement: str) -> set[str]:
    """Return the top-level packages that a fresh process has loaded after `statement`."""
    script = f"{statement}\nimport json, sys\nprint(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return {name.split(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}
