"""Images: what the cameras saw, stored once for ever with where it came from.

Owns stored images, their capture context, their bytes, the gallery, the count of refused ones, what was
measured of every image when it came, and the quality gate of a station. Promises that the same bytes are
stored once in an organisation, that width, height and every coordinate are those of the upright image, that a
refused image is counted with its reason, and that the bytes are durable before the row is.
Does not turn away a sound image, whatever the gate says of it. Of predictions and truth it keeps a note by
which images are found; it does not know what they are, nor datasets.
"""

from perenne.hub.images.errors import ContextContradicts, ImageTooLarge, StoredElsewhere
from perenne.hub.images.events import ON_ARRIVAL
from perenne.hub.images.gallery import note_prediction, note_truth
from perenne.hub.images.gate import Judgement, foresee_closeness, judge
from perenne.hub.images.measuring import Measured, judge_measured, measure_pixels, tell_reasons
from perenne.hub.images.queries import ImageFilter, counts_by_site, images_where, in_portions
from perenne.hub.images.rules import Placed, PredictionNote, PreparedImage, classes_in
from perenne.hub.images.service import (
    Outcome,
    Upload,
    add_image,
    find_images,
    find_known,
    get_image,
    get_images,
    image_bytes,
    ingest_image,
    ingest_images,
    iterate_images,
    prepare_image,
    record_refusal,
    reference_of,
    store_image,
    use_as_station_reference,
)
from perenne.hub.images.tables import ImageRow, ImageSignalRow, RefusedImageRow, StationGateRow

__all__ = [
    "ON_ARRIVAL",
    "ContextContradicts",
    "ImageFilter",
    "ImageRow",
    "ImageSignalRow",
    "ImageTooLarge",
    "Judgement",
    "Measured",
    "Outcome",
    "Placed",
    "PredictionNote",
    "PreparedImage",
    "RefusedImageRow",
    "StationGateRow",
    "StoredElsewhere",
    "Upload",
    "add_image",
    "classes_in",
    "counts_by_site",
    "find_images",
    "find_known",
    "foresee_closeness",
    "get_image",
    "get_images",
    "image_bytes",
    "images_where",
    "in_portions",
    "ingest_image",
    "ingest_images",
    "iterate_images",
    "judge",
    "judge_measured",
    "measure_pixels",
    "note_prediction",
    "note_truth",
    "prepare_image",
    "record_refusal",
    "reference_of",
    "store_image",
    "tell_reasons",
    "use_as_station_reference",
]
