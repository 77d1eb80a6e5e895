"""Predictions: what a model version said of an image at a station, and what was decided.

Owns the recorded answers. Promises that a recorded prediction never changes and carries the model
version, the thresholds and the latency of its moment.
Does not run models and does not decide: deployments do, and record here.
"""

from perenne.hub.predictions.queries import image_predictions
from perenne.hub.predictions.service import get_prediction, list_predictions, record_prediction
from perenne.hub.predictions.tables import PredictionRow

__all__ = ["PredictionRow", "get_prediction", "image_predictions", "list_predictions", "record_prediction"]
