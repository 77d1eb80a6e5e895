"""Quality: the image gate. Same code on the edge and on the hub.

Owns what an image must be to enter: a format of the allow-list by content, whole, of bounded size.
Promises that what it admits decodes to one upright RGB array, and that a hostile file costs bounded memory.
Imported by themselves, since they bring numpy: `alignment` tells how far a reference lies from an image,
`fingerprint` how a file was written, `signals` how an image was taken, `limits` what is normal at a station,
by tests that `trials` and `discriminants` learn and `scoring` runs, `gate` and `closeness` what to make of
it. Does not store or name images.
"""

from perenne.quality.decoding import (
    ALLOWED_FORMATS,
    MAX_PIXELS,
    AdmittedImage,
    ImageRefused,
    admit_image,
    decode_admitted,
    decode_upright,
    difference_hash,
)

__all__ = [
    "ALLOWED_FORMATS",
    "MAX_PIXELS",
    "AdmittedImage",
    "ImageRefused",
    "admit_image",
    "decode_admitted",
    "decode_upright",
    "difference_hash",
]
