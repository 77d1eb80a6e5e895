"""From trained weights to what a hub can register: calibration, threshold, ONNX, manifest, card.

Owns the choices made on the validation part after training. Refuses a graph that differs from the network.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from perenne.recipes.contract import Reporter, TrainedModel, TrainingTask
from perenne.recipes.lite.backbone import EMBEDDING_SIZE
from perenne.recipes.lite.export import check_parity, export_onnx, save_weights
from perenne.recipes.lite.loop import LoopOutcome
from perenne.recipes.lite.pooled import (
    MIRRORS,
    ExportedPooledNetwork,
    Mirrors,
    PooledNetwork,
    compute_answers,
)
from perenne.recipes.lite_classification.card import write_card
from perenne.recipes.lite_classification.probe import log_loss_of
from perenne.stats.drift.label_shift import calibrate_scores

if TYPE_CHECKING:
    from perenne.recipes.lite_classification.training import Materials

OUTPUT_NAMES = ("logits", "embedding")
TOLERANCES = {"logits": 1e-3, "embedding": 1e-2}
TEMPERATURES = np.geomspace(0.25, 8.0, 61)
PLATEAU = 0.005
FEWEST_TO_SHIFT = 20


def package_classifier(
    task: TrainingTask,
    *,
    materials: "Materials",
    network: PooledNetwork,
    outcome: LoopOutcome | None,
    reporter: Reporter,
) -> TrainedModel:
    """Return the files and the manifest of `network` (CPU, evaluation mode). Raises: ExportNotFaithful."""
    mirrors = MIRRORS[materials.config.flips][: materials.config.mirrors]
    logits, temperature = calibrate_network(network, materials, mirrors=mirrors)
    bad = [materials.classes.index(name) for name in materials.fail_classes]
    failing = _softmax(logits / temperature)[:, bad].sum(1)
    is_bad = np.isin(materials.val_labels, bad)
    fail_at = choose_threshold(failing, is_bad)
    metrics = _measure(failing, is_bad, fail_at)
    if outcome is not None:
        metrics |= {
            "steps": float(outcome.steps),
            "train_cpu_s": outcome.cpu_s,
            "train_wall_s": outcome.wall_s,
        }
    reporter.log("info", f"Temperature {temperature:.2f}, threshold {fail_at:.3f}; exporting.")
    onnx_path, module, examples = (
        task.workdir / "model.onnx",
        ExportedPooledNetwork(network, mirrors),
        _examples(materials),
    )
    export_onnx(
        module,
        examples[0],
        onnx_path,
        input_name="image",
        output_names=OUTPUT_NAMES,
        exporter=materials.config.exporter,
    )
    parity = check_parity(module, onnx_path, examples, output_names=OUTPUT_NAMES, tolerances=TOLERANCES)
    manifest = {
        **_describe(task, materials),
        "thresholds": {"fail_at": round(fail_at, 4), "fail_classes": list(materials.fail_classes)},
        "calibration": {"kind": "temperature", "temperature": round(temperature, 4)},
        "parity": parity,
        "metrics": metrics,
    }
    return TrainedModel(
        onnx_path=onnx_path,
        manifest=manifest,
        card=write_card(
            manifest,
            images=len(materials.train),
            validation_images=len(materials.val),
            mirrors=len(mirrors),
        ),
        metrics=metrics,
        weights_path=save_weights(network.state_dict(), task.workdir / "weights.safetensors"),
    )


def calibrate_network(
    network: PooledNetwork, materials: "Materials", *, mirrors: Mirrors
) -> tuple[NDArray[np.float64], float]:
    """Return the validation part's answers and their temperature; the network's bias is shifted for good."""
    logits = compute_answers(
        network,
        materials.val.picture,
        count=len(materials.val),
        device=torch.device("cpu"),
        mirrors=mirrors,
    )
    temperature, shift = choose_calibration(logits, materials.val_labels)
    with torch.no_grad():
        network.head.bias.add_(torch.from_numpy(shift))
    return logits + shift, temperature


def choose_calibration(
    logits_NC: NDArray[np.float64], labels_N: NDArray[np.int64]
) -> tuple[float, NDArray[np.float64]]:
    """Return a temperature, and what is added to the logits (C) before it: both by the lowest log loss.

    Classes weigh differently in training, so their scores are shifted, not only too sure (Alexandari et al.,
    2020). A class with fewer than 20 images cannot say by how much: then nothing is added.
    """
    counts = np.bincount(labels_N, minlength=logits_NC.shape[1])
    if counts.min() < FEWEST_TO_SHIFT:
        return choose_temperature(logits_NC, labels_N), np.zeros(logits_NC.shape[1])
    found = calibrate_scores(_softmax(logits_NC), labels_N)
    temperature = float(np.clip(found.temperature, TEMPERATURES[0], TEMPERATURES[-1]))
    # In logits as they are: where classes change over does not move when the temperature meets its bounds.
    return temperature, found.temperature * (np.asarray(found.bias_K) - np.mean(found.bias_K))


def choose_temperature(logits_NC: NDArray[np.float64], labels_N: NDArray[np.int64]) -> float:
    """Return the temperature with the lowest log loss (Guo et al., 2017); 1 without images."""
    if not len(labels_N):
        return 1.0
    return float(min(TEMPERATURES, key=lambda t: log_loss_of(logits_NC / t, labels_N)))


def choose_threshold(failing_N: NDArray[np.float64], is_bad_N: NDArray[np.bool_]) -> float:
    """Return the middle of the thresholds whose balanced accuracy is within 0.005 of the best.

    0.5 when one side has no images.
    """
    if not is_bad_N.any() or is_bad_N.all():
        return 0.5
    limits = np.unique(np.concatenate([failing_N, [0.0, 1.0]]))
    candidates = (limits[1:] + limits[:-1]) / 2
    scores = np.array([_balanced_accuracy(failing_N, is_bad_N, at) for at in candidates])
    return float(np.median(candidates[scores >= scores.max() - PLATEAU]))


def _balanced_accuracy(failing_N: NDArray[np.float64], is_bad_N: NDArray[np.bool_], at: float) -> float:
    fails = failing_N >= at
    return float((fails[is_bad_N].mean() + (~fails)[~is_bad_N].mean()) / 2)


def _measure(failing_N: NDArray[np.float64], is_bad_N: NDArray[np.bool_], fail_at: float) -> dict[str, float]:
    """Return good-or-bad metrics of the validation part."""
    if not is_bad_N.any() or is_bad_N.all():
        return {}
    from sklearn.metrics import roc_auc_score

    return {
        "auroc": float(roc_auc_score(is_bad_N, failing_N)),
        "balanced_accuracy": _balanced_accuracy(failing_N, is_bad_N, fail_at),
        "accuracy": float(((failing_N >= fail_at) == is_bad_N).mean()),
    }


def _softmax(logits_NC: NDArray[np.float64]) -> NDArray[np.float64]:
    raised = np.exp(logits_NC - logits_NC.max(1, keepdims=True))
    return np.asarray(raised / raised.sum(1, keepdims=True))


def _describe(task: TrainingTask, materials: "Materials") -> dict[str, Any]:
    """Return the fields of the manifest that are known before training."""
    return {
        "problem": "classification",
        "classes": materials.classes,
        "input": materials.train.given,
        "outputs": {"logits": "logits"},
        "embedding": {"name": "embedding", "size": EMBEDDING_SIZE},
        "recipe": "lite-classification",
        "config": materials.config.model_dump(),
        "seed": task.seed,
    }


def _examples(materials: "Materials") -> list[torch.Tensor]:
    """Return two network inputs (1, H, W, 3) uint8 to compare on: real images."""
    store = materials.val if len(materials.val) else materials.train
    return [torch.from_numpy(store.picture(i)[None].copy()) for i in range(min(2, len(store)))]
