"""The cause of a drift: what was seen, held against every row of the decision table.

Owns the facts that a diagnosis rests on, the levels that they are read as, and the weighing of causes. A fact
that nobody looked at is None and never counts. Refuses to name a cause where no row fits well enough or where
two that exclude each other fit alike: the answer is then "unknown", with the candidates ranked all the same.

Weights come from Bayes' rule over single causes, pairs of them and "none of the table", facts taken as
independent given the cause and tempered by their weight. They rank; they are not probabilities.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from perenne.monitoring.decision_table import UNKNOWN, Row, Table, read_table
from perenne.monitoring.signatures import SignatureMatch

N_RANKED = 6
SIGNATURE_FACTS = ("focus", "light", "mount", "recompression")


@dataclass(frozen=True)
class Moved:
    """A number after against before: the difference and its 95 % interval, over `n` images of the window."""

    change: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class ChannelMove:
    """How far an acquisition channel moved: in reference spreads, and the chance of a larger value."""

    channel: str
    shift: float
    auc: float


@dataclass(frozen=True)
class EmbeddingFacts:
    """`distance`: shift of the mean in whitened axes, less noise. `far_share`: beyond the 95 % radius.
    `unlike`: at least such a share of the window is of a kind that the reference lacks."""

    distance: float
    far_share: float
    n_reference: int
    n_window: int
    unlike: float = 0.0


@dataclass(frozen=True)
class PredictionFacts:
    """The estimated prevalence before and after, and the share of the whole shift that it `explained`.

    `low`, `high`: the 95 % interval of the change. `remaining`: the shift of the embedding's mean that is
    left, in reference spreads.
    """

    reference: float
    window: float
    low: float
    high: float
    explained: float
    n: int
    remaining: float = math.inf


@dataclass(frozen=True)
class ProbeFacts:
    """A probe: how many of its images answered otherwise, and by how much at most."""

    n_images: int
    n_different: int
    largest_difference: float | None = None


@dataclass(frozen=True)
class ClusterFacts:
    """A compact group of far images: its share of the window, and the audited loss inside less outside."""

    share: float
    n_images: int
    loss: Moved | None = None


@dataclass(frozen=True)
class StillFacts:
    """Shares of the window beyond those of the reference: pictures that repeat their predecessor, and black,
    white or half lost ones. `dead`: the share of the picture's cells in which hardly any image of the window
    shows anything, although those of the reference do."""

    repeated: float
    lost: float
    n: int
    dead: float = 0.0


@dataclass(frozen=True)
class DiagnosisEvidence:
    """Everything that was looked at; None is what was not.

    `fingerprint`: fields of the file or of the software with a value unseen before. `moves`: channels of
    acquisition. `golden_signature`: what moved the photographs of the golden part. `audit_by_class`: the
    audited loss with the classes in the shares of before. `labelled`: the share of defects among audited
    labels. `sites`: how many sites moved on the same channel at once. `release`: whether a release of model
    or software went out at the onset.
    """

    fingerprint: Mapping[str, str] | None = None
    moves: tuple[ChannelMove, ...] = ()
    signature: SignatureMatch | None = None
    embedding: EmbeddingFacts | None = None
    prediction: PredictionFacts | None = None
    replay: ProbeFacts | None = None
    golden: ProbeFacts | None = None
    golden_signature: SignatureMatch | None = None
    audit: Moved | None = None
    audit_by_class: Moved | None = None
    labelled: Moved | None = None
    agreement: Moved | None = None
    cluster: ClusterFacts | None = None
    still: StillFacts | None = None
    sites: int | None = None
    release: bool | None = None


@dataclass(frozen=True)
class Line:
    """One thing that was looked at. `code` is fact.level; `supports` the named cause; None: says nothing."""

    code: str
    found: str
    supports: bool | None
    numbers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """The cause and what is to be done. `ranked`: causes with their weight 0..1, best first.

    `drift`, `action`: codes. `signature`: the kind of fault of acquisition that moves signals like this, and
    `signature_strength`: how strong, in words.
    """

    cause: str
    drift: str
    action: str
    ranked: tuple[tuple[str, float], ...]
    signature: str | None
    signature_strength: str | None
    evidence: tuple[Line, ...]


@dataclass(frozen=True)
class Seen:
    """A fact as it was read: its level, in words, and the numbers behind it."""

    level: str
    found: str
    numbers: Mapping[str, float] = field(default_factory=dict)


def diagnose(evidence: DiagnosisEvidence, *, table: Table | None = None) -> Finding:
    """Return the cause that the table names, or "unknown".

    >>> diagnose(DiagnosisEvidence(fingerprint={"container": "JPEG"}, replay=ProbeFacts(50, 0))).cause
    'upstream'
    >>> diagnose(DiagnosisEvidence()).cause
    'unknown'
    """
    table = table or read_table()
    seen = read_facts(evidence, table=table)
    weights, together = weigh_causes({fact: one.level for fact, one in seen.items()}, table=table)
    ranked = tuple(sorted(weights.items(), key=lambda pair: (-pair[1], pair[0])))
    cause = _choose(ranked, together, table=table)
    if all(one.level == table.facts[fact].levels[0] for fact, one in seen.items()):
        cause = UNKNOWN
    rows = table.rows_of(cause)
    match = _name_signature(evidence, table.limits)
    return Finding(
        cause=cause,
        drift=rows[0].drift,
        action=rows[0].action,
        ranked=tuple((code, round(weight, 4)) for code, weight in ranked[:N_RANKED]),
        signature=" + ".join(match.kinds) if match else None,
        signature_strength=match.words if match else None,
        evidence=tuple(_write_line(fact, one, rows, table) for fact, one in seen.items()),
    )


def weigh_causes(
    levels: Mapping[str, str], *, table: Table
) -> tuple[dict[str, float], dict[tuple[str, str], float]]:
    """Return the weight of every cause and of "unknown", and of every pair of causes at once.

    A cause weighs what it weighs alone and in its pairs: weights add up to more than 1 when two act at once.
    """
    code_of = {key: row.code for key, row in table.rows.items()}
    priors: dict[tuple[str, ...], float] = {(): table.unknown_prior}
    priors |= {(key,): 1.0 for key in code_of}
    named = [key for key, code in code_of.items() if code != UNKNOWN]
    pairs = [pair for pair in combinations(named, 2) if code_of[pair[0]] != code_of[pair[1]]]
    priors |= dict.fromkeys(pairs, table.pair_prior)
    logs = {
        under: math.log(prior)
        + sum(
            table.facts[fact].weight * math.log(table.chance(level, fact=fact, under=under))
            for fact, level in levels.items()
        )
        for under, prior in priors.items()
    }
    largest = max(logs.values())
    likelihoods = {under: math.exp(value - largest) for under, value in logs.items()}
    total = sum(likelihoods.values())
    weights = dict.fromkeys([*code_of.values(), UNKNOWN], 0.0)
    weights[UNKNOWN] = likelihoods[()] / total
    together: dict[tuple[str, str], float] = {}
    for under, value in likelihoods.items():
        for key in under:
            weights[code_of[key]] += value / total
        if len(under) == 2:
            pair = code_of[under[0]], code_of[under[1]]
            together[pair] = together.get(pair, 0.0) + value / total
    return weights, together


def _choose(
    ranked: tuple[tuple[str, float], ...], together: Mapping[tuple[str, str], float], *, table: Table
) -> str:
    (first, weight), (second, other) = ranked[:2]
    if first == UNKNOWN or weight < table.least_weight:
        return UNKNOWN
    if second == UNKNOWN:
        return first
    both = together.get((first, second), together.get((second, first), 0.0))
    exclude_each_other = both < other / 3
    return UNKNOWN if exclude_each_other and weight < table.clear_lead * other else first


def read_facts(evidence: DiagnosisEvidence, *, table: Table) -> dict[str, Seen]:
    """Return the level of every fact that was looked at and says something, in the order of the table."""
    limits = table.limits
    read: dict[str, Seen | None] = {
        "fingerprint": _read_fingerprint(evidence.fingerprint),
        "replay": _read_probe(evidence.replay, "frozen files through today's software"),
        "golden": _read_golden(evidence.golden, evidence.golden_signature),
        **_read_signature(evidence, limits),
        "still": _read_still(evidence.still, limits),
        "embedding": _read_embedding(evidence.embedding, limits),
        "far": _read_far(evidence, limits),
        "prevalence": _read_prevalence(evidence, limits),
        "audit": _read_audit(evidence.audit, limits, "audited loss"),
        "by_class": _read_audit(evidence.audit_by_class, limits, "audited loss at the classes of before"),
        "labelled": _read_labelled(evidence.labelled, limits),
        "cluster": _read_cluster(evidence.cluster),
        "agreement": _read_agreement(evidence.agreement, limits),
        "sites": _read_sites(evidence.sites, limits),
        "release": None
        if evidence.release is None
        else Seen("yes" if evidence.release else "no", "a release" if evidence.release else "no release"),
    }
    return {fact: read[fact] for fact in table.facts if read.get(fact) is not None}  # type: ignore[misc]


def _read_fingerprint(new: Mapping[str, str] | None) -> Seen | None:
    if new is None:
        return None
    if not new:
        return Seen("same", "every value of the file was seen before")
    return Seen("new", ", ".join(f"{name}: {value}" for name, value in new.items()), {"fields": len(new)})


def _read_probe(probe: ProbeFacts | None, what: str) -> Seen | None:
    if probe is None or probe.n_images == 0:
        return None
    numbers: dict[str, float] = {"images": probe.n_images, "different": probe.n_different}
    if probe.largest_difference is not None:
        numbers["largest_difference"] = probe.largest_difference
    level = "differs" if probe.n_different else "same"
    return Seen(level, f"{probe.n_different} of {probe.n_images} {what} differ", numbers)


def _read_golden(probe: ProbeFacts | None, match: SignatureMatch | None) -> Seen | None:
    """Return whether the golden part changed: one photograph much, or all of them a little."""
    seen = _read_probe(probe, "photographs of the golden part")
    if match is None:
        return seen
    words = f", {match.words}" if match.words else ""
    numbers = {**(seen.numbers if seen else {}), "distance": round(match.distance, 3)}
    level = "differs" if match.moved or (seen is not None and seen.level == "differs") else "same"
    return Seen(level, (seen.found if seen else "photographs of the golden part") + words, numbers)


def _read_signature(evidence: DiagnosisEvidence, limits: Mapping[str, float]) -> dict[str, Seen | None]:
    """Return what became of the camera, and whether signals moved without a name.

    The golden part has the word where it was photographed again: it is the same part, so that whatever it
    shows is the camera, and whatever it does not show is not. Without it the window must do, which varies as
    products do. A golden part that is explained less well leaves a clear match of the window its say.
    """
    golden, window = evidence.golden_signature, evidence.signature
    if golden is None:
        return _read_window_signature(evidence, limits)
    words = golden.words or ("the golden part did not change" if not golden.moved else "no known signature")
    matches = (*_window_beside(golden, window, limits), golden)
    causes = {cause: match for match in matches for cause in match.causes}
    numbers = {"distance": round(golden.distance, 3), "rest": round(golden.rest, 3)}
    read: dict[str, Seen | None] = {
        fact: Seen("yes", match.words, {"distance": round(match.distance, 3), "rest": round(match.rest, 3)})
        if (match := causes.get(fact))
        else Seen("no", words)
        for fact in SIGNATURE_FACTS
    }
    if golden.moved and not causes:
        return read | {"unnamed": Seen("yes", words, numbers)}
    if golden.moved or window is None:
        return read  # what else moved is hidden behind the camera
    seen_by_model = evidence.embedding is None or (
        evidence.embedding.distance >= limits["embedding_distance"]
    )
    if window.moved and (window.distance < limits["unnamed_distance"] or not seen_by_model):
        return read  # another mix of parts, which the model takes no note of
    numbers = {"distance": round(window.distance, 3)} if window.moved else {}
    return read | {"unnamed": Seen("yes" if window.moved else "no", words, numbers)}


def _window_beside(
    golden: SignatureMatch, window: SignatureMatch | None, limits: Mapping[str, float]
) -> tuple[SignatureMatch, ...]:
    """Return the window's match where a golden part that changed is explained less well, and it clearly."""
    unsure = golden.moved and (not golden.causes or golden.rest > limits["golden_sure"])
    clear = window is not None and bool(window.causes) and window.rest <= limits["window_sure"]
    return (window,) if unsure and clear and window is not None else ()


def _name_signature(evidence: DiagnosisEvidence, limits: Mapping[str, float]) -> SignatureMatch | None:
    """Return the match that is named to people: the golden part's, the window's only where it has a say."""
    golden, window = evidence.golden_signature, evidence.signature
    beside = () if golden is None else _window_beside(golden, window, limits)
    matches = (window,) if golden is None else (golden, *beside)
    return next((one for one in matches if one is not None and one.kinds), None)


def _read_window_signature(
    evidence: DiagnosisEvidence, limits: Mapping[str, float]
) -> dict[str, Seen | None]:
    match = evidence.signature
    if match is None:
        return {}
    numbers = {"distance": round(match.distance, 3), "rest": round(match.rest, 3)}
    numbers |= {move.channel: round(move.shift, 3) for move in evidence.moves[:4]}
    words = match.words or ("nothing moved" if not match.moved else "no known signature")
    read: dict[str, Seen | None] = {
        fact: Seen("yes" if fact in match.causes else "no", words, numbers if fact in match.causes else {})
        for fact in SIGNATURE_FACTS
    }
    unnamed = match.moved and not match.causes
    if unnamed and match.distance < limits["unnamed_distance"]:
        return read  # too small to tell a fault from what products vary by
    return read | {"unnamed": Seen("yes" if unnamed else "no", words, numbers if unnamed else {})}


def _read_still(facts: StillFacts | None, limits: Mapping[str, float]) -> Seen | None:
    if facts is None:
        return None
    numbers = {"repeated": round(facts.repeated, 4), "lost": round(facts.lost, 4), "images": facts.n}
    still = max(facts.repeated, facts.lost) >= limits["still_share"] or facts.dead >= limits["dead_cells"]
    found = f"{facts.repeated:.0%} repeated, {facts.lost:.0%} lost, {facts.dead:.0%} of the picture dead"
    return Seen("yes" if still else "no", found, {**numbers, "dead": round(facts.dead, 4)})


def _read_embedding(facts: EmbeddingFacts | None, limits: Mapping[str, float]) -> Seen | None:
    if facts is None:
        return None
    numbers = {"distance": round(facts.distance, 3), "images": facts.n_window}
    level = "shift" if facts.distance >= limits["embedding_distance"] else "flat"
    return Seen(level, f"mean moved by {facts.distance:.2f} spreads", numbers)


def _read_far(evidence: DiagnosisEvidence, limits: Mapping[str, float]) -> Seen | None:
    """Return how many images lie far off, or are of a kind of their own.

    The latter speaks of products only where the golden part, the files and the software are as before; and
    classes that changed their shares account for as much of it.
    """
    facts = evidence.embedding
    if facts is None:
        return None
    beyond = facts.far_share - 0.05
    camera, replay = evidence.golden_signature, evidence.replay
    as_before = camera is not None and not camera.moved and not evidence.fingerprint
    as_before = as_before and (replay is None or replay.n_different == 0)
    unlike = facts.unlike - _moved_classes(evidence) if as_before else 0.0
    most = beyond >= limits["far_most"] or unlike >= limits["unlike_most"]
    level = "most" if most else "some" if beyond >= limits["far_some"] else "none"
    numbers = {"share": round(facts.far_share, 4)}
    found = f"{facts.far_share:.0%} lie beyond the 95 % radius of the reference"
    if as_before:  # a changed camera makes all images unlike, which says nothing of the pieces
        numbers["unlike"] = round(facts.unlike, 4)
        found += f", {facts.unlike:.0%} are unlike it"
    return Seen(level, found, {**numbers, "images": facts.n_window})


def _moved_classes(evidence: DiagnosisEvidence) -> float:
    """Return by how much the share of defects changed: as labelled, else as estimated where that is sure."""
    if evidence.labelled is not None:
        return abs(evidence.labelled.change)
    facts = evidence.prediction
    return abs(facts.window - facts.reference) if facts and (facts.low > 0 or facts.high < 0) else 0.0


def _read_prevalence(evidence: DiagnosisEvidence, limits: Mapping[str, float]) -> Seen | None:
    """Return how the estimated prevalence moved; an embedding that lies still leaves nothing to explain."""
    facts = evidence.prediction
    if facts is None:
        return None
    embedding = evidence.embedding
    still = embedding is not None and embedding.distance < limits["embedding_distance"]
    change = facts.window - facts.reference
    moved = (facts.low > 0 or facts.high < 0) and abs(change) >= limits["prevalence"]
    little_left = facts.remaining <= limits["remaining"] and facts.explained >= limits["explained_some"]
    explains = facts.explained >= limits["explained"] or little_left or still
    if not moved and explains and max(facts.high, -facts.low) > limits["prevalence_flat"]:
        return None
    level = "same" if not moved else "explains" if explains else "moved"
    numbers = {"before": facts.reference, "after": facts.window, "low": facts.low, "high": facts.high}
    numbers |= {"explained": facts.explained, "images": float(facts.n)}
    found = f"prevalence {facts.reference:.0%} to {facts.window:.0%}, which explains {facts.explained:.0%}"
    return Seen(level, found, {name: round(value, 4) for name, value in numbers.items()})


def _read_audit(facts: Moved | None, limits: Mapping[str, float], what: str) -> Seen | None:
    if facts is None:
        return None
    up = facts.low > 0 and facts.change >= limits["audit"]
    if not up and facts.high > limits["audit_flat"]:
        return None
    return Seen("up" if up else "flat", f"{what} {facts.change:+.1%}", _numbers(facts))


def _read_labelled(facts: Moved | None, limits: Mapping[str, float]) -> Seen | None:
    if facts is None:
        return None
    moved = (facts.low > 0 or facts.high < 0) and abs(facts.change) >= limits["prevalence"]
    if not moved and max(facts.high, -facts.low) > limits["labelled_flat"]:
        return None
    return Seen(
        "moved" if moved else "same", f"share of labelled defects {facts.change:+.1%}", _numbers(facts)
    )


def _read_agreement(facts: Moved | None, limits: Mapping[str, float]) -> Seen | None:
    if facts is None:
        return None
    down = facts.high < 0 and -facts.change >= limits["agreement"]
    if not down and -facts.low > limits["agreement_stable"]:
        return None
    return Seen("down" if down else "stable", f"agreement {facts.change:+.2f}", _numbers(facts))


def _read_cluster(facts: ClusterFacts | None) -> Seen | None:
    if facts is None:
        return None
    if facts.n_images == 0:
        return Seen("none", "far images form no group")
    if facts.loss is None:
        return None
    level = "worse" if facts.loss.low > 0 else "none"
    found = (
        f"a group of {facts.n_images} far images, {facts.share:.0%}, with {facts.loss.change:+.0%} of loss"
    )
    return Seen(level, found, {"share": round(facts.share, 4), **_numbers(facts.loss)})


def _read_sites(sites: int | None, limits: Mapping[str, float]) -> Seen | None:
    if sites is None:
        return None
    return Seen("many" if sites >= limits["many_sites"] else "one", f"{sites} sites", {"sites": float(sites)})


def _numbers(moved: Moved) -> dict[str, float]:
    told = {"change": moved.change, "low": moved.low, "high": moved.high, "images": float(moved.n)}
    return {name: round(value, 4) for name, value in told.items()}


def _write_line(fact: str, seen: Seen, rows: Sequence[Row], table: Table) -> Line:
    rest = table.facts[fact].levels[0]
    said = {row.expects(fact, seen.level, rest=rest) for row in rows if row.code != UNKNOWN}
    supports = True if True in said else None if None in said or not said else False
    return Line(f"{fact}.{seen.level}", seen.found, supports, dict(seen.numbers))
