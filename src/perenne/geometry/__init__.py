"""Room card. Owns: boxes, their overlap, suppression and the mapping between image and network input.

Promises: one convention, absolute pixels of the decoded upright image, xyxy, origin top left, half-open.
Does not: know classes of a problem, read files or resize anything but what it is given.
"""

from perenne.geometry.boxes import area, as_boxes, clip, iou_matrix
from perenne.geometry.letterbox import InputMapping, fit_input, place_image
from perenne.geometry.suppression import suppress

__all__ = [
    "InputMapping",
    "area",
    "as_boxes",
    "clip",
    "fit_input",
    "iou_matrix",
    "place_image",
    "suppress",
]
