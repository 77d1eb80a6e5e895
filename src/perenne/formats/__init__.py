"""Formats: labelled sets from outside, read without losing or inventing anything; one file a format.

Owns the readers of COCO, CSV and class folders, what an unknown folder is taken for, the unpacking of
archives, and the writers of COCO and CSV, with a report on every image. Promises that dry run and import
give the same report, that the three states of an image stay three, and that one wrong line costs that line
only. Does not send anything, decode pixels or know the hub.
"""

from collections.abc import Callable
from pathlib import Path

from perenne.formats.archive import (
    ArchiveLimits,
    ArchivePlan,
    ArchiveRefused,
    open_archive,
    plan_archive,
    read_entries,
)
from perenne.formats.class_folders import read_class_folders
from perenne.formats.coco import read_coco
from perenne.formats.coco_export import write_coco
from perenne.formats.csv_export import write_csv
from perenne.formats.csv_table import read_csv
from perenne.formats.exported import ExportedImage, LossReport, Writer
from perenne.formats.folders import IMAGE_SUFFIXES, NameRefused, clean_name
from perenne.formats.items import (
    CONTEXT_FIELDS,
    Finding,
    ImportReport,
    LabelledItem,
    LabelledSet,
    ReadOptions,
    UnreadableSet,
    classes_of,
)
from perenne.formats.plain_images import read_images
from perenne.formats.recognise import RecognisedSet, read_recognised, recognise_set
from perenne.kit.registry import Registry

Reader = Callable[[Path, ReadOptions | None], LabelledSet]

READERS: Registry[Reader] = Registry("format of a labelled set")
READERS.register("coco", read_coco)
READERS.register("csv", read_csv)
READERS.register("folder", read_class_folders)

WRITERS: Registry[Writer] = Registry("format to write")
WRITERS.register("coco", write_coco)
WRITERS.register("csv", write_csv)

__all__ = [
    "CONTEXT_FIELDS",
    "IMAGE_SUFFIXES",
    "READERS",
    "WRITERS",
    "ArchiveLimits",
    "ArchivePlan",
    "ArchiveRefused",
    "ExportedImage",
    "Finding",
    "ImportReport",
    "LabelledItem",
    "LabelledSet",
    "LossReport",
    "NameRefused",
    "ReadOptions",
    "Reader",
    "RecognisedSet",
    "UnreadableSet",
    "Writer",
    "classes_of",
    "clean_name",
    "open_archive",
    "plan_archive",
    "read_class_folders",
    "read_coco",
    "read_csv",
    "read_entries",
    "read_images",
    "read_recognised",
    "recognise_set",
    "write_coco",
    "write_csv",
]
