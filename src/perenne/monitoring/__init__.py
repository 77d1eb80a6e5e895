"""Monitoring: from the records of images to alarms, their causes and estimates; values in, values out.

Owns what a record of an image is, which channels are watched, the reference, the monitor of one stream, the
table of causes, and the estimate of performance without labels. Promises the same numbers on hub, edge and in
a notebook. Does not store, ask a clock, draw or page anybody: `hub.monitoring` keeps what this room computes.
"""

from perenne.monitoring.channels import CHANNELS, DEFECT_RATE, Channel, channel_values, describe_channel
from perenne.monitoring.effects import ChannelEffectValue, Typical, effects, typical
from perenne.monitoring.monitor import Monitor, Onset, ReferenceNotEnough, Step
from perenne.monitoring.plain import record_from_image, records_from_embeddings
from perenne.monitoring.record import ImageRecord, pack_embedding, unpack_embedding
from perenne.monitoring.reference import Band, Reference, ReferenceTooSmall, Unit

__all__ = [
    "CHANNELS",
    "DEFECT_RATE",
    "Band",
    "Channel",
    "ChannelEffectValue",
    "ImageRecord",
    "Monitor",
    "Onset",
    "Reference",
    "ReferenceNotEnough",
    "ReferenceTooSmall",
    "Step",
    "Typical",
    "Unit",
    "channel_values",
    "describe_channel",
    "effects",
    "pack_embedding",
    "record_from_image",
    "records_from_embeddings",
    "typical",
    "unpack_embedding",
]
