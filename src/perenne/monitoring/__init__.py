"""Monitoring: from the records of images to alarms, their causes and estimates; values in, values out.

Owns what a record of an image is, which channels are watched, the reference, the monitor of one stream, the
table of causes, and the estimate of performance without labels. Promises the same numbers on hub, edge and in
a notebook. Does not store, ask a clock, draw or page anybody: `hub.monitoring` keeps what this room computes.
"""
