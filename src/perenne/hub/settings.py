"""Every setting of the hub, in one place: declares, never acts.

Read from the environment (`PERENNE_…`); docs/reference/settings.md lists them and a test compares.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from perenne.kit.errors import InvalidInput

PREFIX = "PERENNE_"


class BadSetting(InvalidInput):
    """A setting whose value cannot be used."""

    code = "bad-setting"
    title = "A setting cannot be used"


@dataclass(frozen=True)
class Settings:
    """The hub's settings with their defaults."""

    data: Path = field(default_factory=lambda: Path("~/.perenne").expanduser())
    """Folder of the embedded database, images, keys and credentials."""
    host: str = "127.0.0.1"
    """Address the hub listens on."""
    port: int = 8765
    """Port the hub listens on."""
    database_url: str = ""
    """SQLAlchemy address, e.g. postgresql+psycopg://user@host/name; empty: SQLite in the data folder."""
    blobs_url: str = ""
    """Where images and models lie, e.g. s3://bucket/prefix; empty: the data folder."""
    max_body_mb: int = 256
    """Largest request body in megabytes (a model artefact or a batch of images)."""
    max_image_mb: int = 64
    """Largest single image in megabytes."""
    max_megapixels: int = 64
    """Largest image in millions of pixels, checked before it is decoded."""
    max_import_files: int = 100_000
    """How many files one import takes."""
    max_import_gb: int = 20
    """How many gigabytes one import takes, unpacked; a ZIP archive may be as large."""
    inference_threads: int = 0
    """Threads of one inspection; 0 lets the hub choose."""
    model_cache: int = 8
    """How many model versions stay loaded."""
    job_concurrency: int = 2
    """How many background jobs one worker runs side by side."""
    watch_first_reference: int = 500
    """Images that a watched stream collects before its first reference is tried."""
    watch_run_length: int = 0
    """Units (images, blocks, lots) before a false alarm on average; 0: as many as come in the years below."""
    watch_alarm_years: int = 5
    """Years before a false alarm of one stream on average, at the pace of its reference; amber: a 60th."""
    web_dir: str = ""
    """Folder of the built web app; empty: the one that came with the package."""
    log_level: str = "info"
    """debug, info, warning or error."""

    @property
    def database(self) -> str:
        """The database address in force."""
        return self.database_url or f"sqlite:///{self.data / 'perenne.db'}"

    @property
    def blobs(self) -> str:
        """The blob store's address in force."""
        return self.blobs_url or str(self.data / "blobs")


def read_settings(environ: Mapping[str, str] | None = None, **overrides: object) -> Settings:
    """Return the settings of `environ` (the process's by default), `overrides` winning.

    Raises: BadSetting naming the variable, its value and what was expected.
    """
    source = os.environ if environ is None else environ
    values: dict[str, object] = {}
    for setting in fields(Settings):
        name = PREFIX + setting.name.upper()
        text = source.get(name)
        if text is None:
            continue
        if setting.type is int:
            if not text.isascii() or not text.isdigit():
                raise BadSetting(
                    f"{name} is '{text}', not a whole number.", remedy=f"Set {name} to digits only."
                )
            values[setting.name] = int(text)
        elif setting.type is Path:
            values[setting.name] = Path(text).expanduser()
        else:
            values[setting.name] = text
    values.update({key: value for key, value in overrides.items() if value is not None})
    return Settings(**values)  # type: ignore[arg-type]
