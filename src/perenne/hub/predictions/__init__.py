"""Predictions: what a model version said of an image at a station, and what was decided.

Owns the recorded answers. Promises that a recorded prediction never changes and carries the model
version, the thresholds, the latency and the gate's verdict of its moment, and what is watched of it.
Does not run models and does not decide: deployments do, and record here.
"""

from perenne.hub.predictions.queries import (
    decisions_by_site,
    decisions_of_station,
    embeddings_of_model,
    latest_of_station,
    organisations_with_predictions,
)
from perenne.hub.predictions.service import (
    get_prediction,
    list_predictions,
    record_prediction,
    summarise_prediction,
    tell_prediction,
)
from perenne.hub.predictions.tables import PredictionRow

__all__ = [
    "PredictionRow",
    "decisions_by_site",
    "decisions_of_station",
    "embeddings_of_model",
    "get_prediction",
    "latest_of_station",
    "list_predictions",
    "organisations_with_predictions",
    "record_prediction",
    "summarise_prediction",
    "tell_prediction",
]
