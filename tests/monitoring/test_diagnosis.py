"""What was seen is held against the table of causes, and the table says what to do."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perenne.monitoring.decision_table import ACTIONS, CAUSES, DRIFTS, parse_table, read_table
from perenne.monitoring.diagnosis import (
    ClusterFacts,
    DiagnosisEvidence,
    EmbeddingFacts,
    Moved,
    PredictionFacts,
    ProbeFacts,
    StillFacts,
    diagnose,
    weigh_causes,
)
from perenne.monitoring.signatures import SignatureMatch

SAME, DIFFERS = ProbeFacts(50, 0, 0.0), ProbeFacts(50, 50, 0.8)
STILL = SignatureMatch(moved=False, distance=0.1, rest=0.0)
UNNAMED = SignatureMatch(moved=True, distance=9.0, rest=0.9)
FLAT, UP = Moved(0.0, -0.03, 0.03, 300), Moved(0.15, 0.08, 0.22, 300)
QUIET = DiagnosisEvidence(
    fingerprint={},
    signature=STILL,
    embedding=EmbeddingFacts(0.1, 0.05, 500, 200),
    prediction=PredictionFacts(0.2, 0.21, -0.03, 0.05, 0.0, 200),
    replay=SAME,
    golden=SAME,
    audit=FLAT,
    agreement=Moved(0.0, -0.08, 0.08, 100),
    cluster=ClusterFacts(0.0, 0),
    still=StillFacts(0.0, 0.0, 200),
    sites=1,
    release=False,
)
SHIFTED = EmbeddingFacts(2.0, 0.6, 500, 200)


def signed(*causes: str) -> SignatureMatch:
    return SignatureMatch(True, 8.0, 0.2, tuple(causes), (1.15,) * len(causes), tuple(causes), "gamma 1.15")


PATTERNS = {
    "upstream": replace(
        QUIET, fingerprint={"jpeg_tables": "5ba1"}, replay=SAME, signature=signed("recompression")
    ),
    "focus": replace(QUIET, signature=signed("focus"), golden=DIFFERS, embedding=SHIFTED),
    "light": replace(QUIET, signature=signed("light"), golden=DIFFERS, embedding=SHIFTED, audit=UP),
    "mount": replace(QUIET, signature=signed("mount"), golden=DIFFERS),
    "recompression": replace(QUIET, signature=signed("recompression")),
    "new_product": replace(QUIET, signature=UNNAMED, embedding=SHIFTED),
    "prevalence": replace(
        QUIET,
        embedding=EmbeddingFacts(0.8, 0.02, 500, 200),
        prediction=PredictionFacts(0.2, 0.45, 0.15, 0.35, 0.9, 200),
    ),
    "definition": replace(QUIET, audit=UP),
    "annotators": replace(QUIET, audit=UP, agreement=Moved(-0.35, -0.5, -0.2, 100)),
    "new_defect": replace(
        QUIET,
        embedding=EmbeddingFacts(0.6, 0.15, 500, 200),
        cluster=ClusterFacts(0.15, 30, Moved(0.6, 0.4, 0.8, 30)),
        audit=UP,
    ),
    "sensor_fault": replace(QUIET, still=StillFacts(0.9, 0.0, 200), signature=UNNAMED, embedding=SHIFTED),
    "release": replace(QUIET, replay=DIFFERS, sites=7, release=True, embedding=SHIFTED),
}


@pytest.mark.parametrize("cause", CAUSES)
def test_each_row_of_the_table_is_named_from_its_own_pattern(cause: str) -> None:
    finding = diagnose(PATTERNS[cause])
    assert finding.cause == cause
    assert finding.ranked[0][0] == cause
    assert (finding.drift, finding.action) == (
        read_table().rows_of(cause)[0].drift,
        read_table().rows_of(cause)[0].action,
    )
    assert any(line.supports for line in finding.evidence)


@pytest.mark.parametrize("cause", [c for c in CAUSES if c not in ("annotators", "definition", "release")])
def test_without_probes_and_labels_the_cause_is_still_among_the_first_two(cause: str) -> None:
    blind = replace(PATTERNS[cause], replay=None, golden=None, agreement=None)
    assert cause in [code for code, _ in diagnose(blind).ranked[:2]]


def test_a_quiet_station_has_no_cause() -> None:
    finding = diagnose(QUIET)
    assert (finding.cause, finding.drift, finding.action) == ("unknown", "unknown", "investigate")


def test_what_was_not_looked_at_is_no_evidence() -> None:
    assert diagnose(DiagnosisEvidence()).evidence == ()
    held = {line.code.split(".")[0] for line in diagnose(replace(QUIET, golden=None, sites=None)).evidence}
    assert {"golden", "sites"}.isdisjoint(held) and "replay" in held


def test_an_interval_too_wide_to_tell_is_not_taken_for_flat() -> None:
    codes = [line.code for line in diagnose(replace(QUIET, audit=Moved(0.05, -0.2, 0.3, 8))).evidence]
    assert not any(code.startswith("audit") for code in codes)


def test_a_changed_definition_and_tired_annotators_cannot_be_told_apart_without_their_agreement() -> None:
    finding = diagnose(replace(QUIET, audit=UP, agreement=None))
    assert {code for code, _ in finding.ranked[:2]} == {"definition", "annotators"}
    assert finding.cause in ("unknown", "definition")


def test_an_unnamed_change_of_the_camera_is_unknown_when_the_golden_part_differs() -> None:
    assert diagnose(replace(PATTERNS["new_product"], golden=DIFFERS)).cause == "unknown"
    odd = replace(QUIET, signature=UNNAMED, golden=DIFFERS, embedding=EmbeddingFacts(0.7, 0.03, 500, 200))
    assert diagnose(odd).cause == "unknown"


SAME_PART = SignatureMatch(moved=False, distance=0.2, rest=0.0)
ODD_PART = SignatureMatch(moved=True, distance=60.0, rest=0.7)


def told(evidence: DiagnosisEvidence, fact: str) -> list[str]:
    codes = [line.code.split(".") for line in diagnose(evidence).evidence]
    return [level for name, level in codes if name == fact]


def test_the_golden_part_has_the_word_on_the_camera() -> None:
    darker = replace(PATTERNS["new_product"], signature=signed("light"), golden_signature=SAME_PART)
    assert diagnose(darker).cause == "new_product"
    turned = replace(QUIET, signature=UNNAMED, golden_signature=signed("mount"), golden=DIFFERS)
    assert diagnose(turned).cause == "mount"
    odd = replace(QUIET, signature=signed("light"), golden_signature=ODD_PART, golden=DIFFERS)
    odd = replace(odd, signature=replace(odd.signature, rest=0.5))
    assert diagnose(odd).cause == "unknown"


def test_a_golden_part_that_is_not_explained_leaves_a_clear_match_of_the_window_its_say() -> None:
    clear = replace(signed("focus"), rest=0.1)
    seen = replace(QUIET, signature=clear, golden_signature=ODD_PART, golden=DIFFERS, embedding=SHIFTED)
    assert diagnose(seen).cause == "focus"


def test_a_change_of_all_photographs_of_the_golden_part_counts_though_none_differs_much() -> None:
    assert told(replace(QUIET, golden_signature=ODD_PART), "golden") == ["differs"]
    assert told(replace(QUIET, golden_signature=SAME_PART), "golden") == ["same"]


def test_another_mix_of_parts_that_the_model_takes_no_note_of_says_nothing() -> None:
    mixed = replace(QUIET, signature=UNNAMED, golden_signature=SAME_PART)
    assert told(mixed, "unnamed") == []
    assert told(replace(mixed, embedding=SHIFTED), "unnamed") == ["yes"]


def test_more_defects_that_a_model_misses_as_ever_are_a_prevalence_and_no_new_definition() -> None:
    more = replace(QUIET, audit=UP, labelled=Moved(0.2, 0.1, 0.3, 300), prediction=None)
    assert diagnose(replace(more, audit_by_class=FLAT)).cause == "prevalence"
    worse = diagnose(replace(more, audit_by_class=UP))
    assert "prevalence" not in [code for code, weight in worse.ranked[:1]]


def test_an_estimate_of_the_prevalence_too_wide_to_tell_is_not_taken_for_the_same() -> None:
    wide = replace(QUIET, prediction=PredictionFacts(0.2, 0.3, -0.1, 0.4, 0.0, 60))
    assert told(wide, "prevalence") == []


def test_a_dead_part_of_the_picture_is_a_fault_of_the_sensor() -> None:
    dead = replace(
        QUIET,
        still=StillFacts(0.0, 0.0, 200, dead=0.25),
        signature=UNNAMED,
        golden=DIFFERS,
        golden_signature=ODD_PART,
    )
    assert diagnose(dead).cause == "sensor_fault"


def test_changed_answers_to_frozen_files_of_one_site_are_upstream_and_of_many_a_release() -> None:
    one = replace(QUIET, replay=DIFFERS)
    assert diagnose(one).cause == "upstream"
    assert diagnose(replace(one, sites=5, release=True)).cause == "release"


@pytest.mark.parametrize(
    ("first", "second", "seen"),
    [
        (
            "focus",
            "prevalence",
            replace(PATTERNS["prevalence"], signature=signed("focus"), golden=DIFFERS),
        ),
        ("light", "mount", replace(PATTERNS["light"], signature=signed("light", "mount"))),
        ("upstream", "annotators", replace(PATTERNS["annotators"], fingerprint={"container": "JPEG"})),
        ("light", "definition", replace(PATTERNS["definition"], signature=signed("light"), golden=DIFFERS)),
    ],
)
def test_two_causes_at_once_are_the_first_two(first: str, second: str, seen: DiagnosisEvidence) -> None:
    finding = diagnose(seen)
    assert {code for code, _ in finding.ranked[:2]} == {first, second}
    assert finding.cause in (first, second)


def test_chance_moves_a_fact_that_neither_of_two_causes_names_once_and_not_twice() -> None:
    table = read_table()
    rest = table.facts["labelled"].rest
    assert table.chance("moved", fact="labelled", under=("focus", "mount")) == pytest.approx(1 - rest)
    assert table.chance("same", fact="labelled", under=("focus", "mount")) == pytest.approx(rest)


def test_a_small_shift_of_the_embedding_is_explained_only_where_the_prevalence_takes_some_of_it() -> None:
    moved = PredictionFacts(0.2, 0.45, 0.15, 0.35, 0.05, 200, remaining=0.9)
    shifted = replace(QUIET, embedding=EmbeddingFacts(0.8, 0.05, 500, 200))
    codes = [
        line.code
        for facts in (moved, replace(moved, explained=0.3))
        for line in diagnose(replace(shifted, prediction=facts)).evidence
        if line.code.startswith("prevalence")
    ]
    assert codes == ["prevalence.moved", "prevalence.explains"]
    assert told(replace(QUIET, prediction=moved), "prevalence") == ["explains"]  # nothing there to explain


def test_a_signature_tells_the_kind_and_how_strong_it_is() -> None:
    finding = diagnose(PATTERNS["light"])
    assert (finding.signature, finding.signature_strength) == ("light", "gamma 1.15")


def test_a_signature_that_the_golden_part_denies_is_not_named() -> None:
    denied = diagnose(replace(PATTERNS["new_product"], signature=signed("light"), golden_signature=SAME_PART))
    assert (denied.signature, denied.signature_strength) == (None, None)
    unclear = replace(signed("light"), rest=0.5)
    odd = diagnose(replace(QUIET, signature=unclear, golden_signature=ODD_PART, golden=DIFFERS))
    assert odd.signature is None


def test_a_cause_that_only_the_window_shows_is_told_in_the_words_of_the_window() -> None:
    clear = replace(signed("focus"), rest=0.1)
    turned = replace(signed("mount"), words="turned +2.0 degrees", rest=0.25)
    seen = diagnose(replace(QUIET, signature=clear, golden_signature=turned, golden=DIFFERS))
    told = {line.code: line for line in seen.evidence}
    assert (told["focus.yes"].found, told["focus.yes"].numbers["rest"]) == ("gamma 1.15", 0.1)
    assert (told["mount.yes"].found, told["mount.yes"].numbers["rest"]) == ("turned +2.0 degrees", 0.25)
    assert seen.signature == "mount"


def test_lines_carry_the_numbers_behind_them() -> None:
    lines = {line.code: line for line in diagnose(PATTERNS["prevalence"]).evidence}
    assert lines["prevalence.explains"].numbers["after"] == 0.45
    assert lines["prevalence.explains"].supports is True
    assert lines["golden.same"].supports is None


LEVELS = st.fixed_dictionaries(
    {},
    optional={name: st.sampled_from(fact.levels) for name, fact in read_table().facts.items()},
)


@given(LEVELS)
@settings(max_examples=40, deadline=None)
def test_weights_lie_in_0_to_1_and_the_order_of_facts_does_not_matter(levels: dict[str, str]) -> None:
    weights, _ = weigh_causes(levels, table=read_table())
    turned, _ = weigh_causes(dict(reversed(levels.items())), table=read_table())
    assert all(0 <= weight <= 1 + 1e-9 for weight in weights.values())
    assert turned == pytest.approx(weights)


@pytest.mark.parametrize("code", [*CAUSES, "unknown"])
def test_every_cause_has_an_action_and_none_is_to_retrain(code: str) -> None:
    rows = read_table().rows_of(code)
    assert {row.code for row in rows} == {code}
    assert len({(row.action, row.drift) for row in rows}) == 1
    assert rows[0].action in ACTIONS and rows[0].drift in DRIFTS


TABLE = """
any_rest = 0.8
any_moved = 0.4
pair_prior = 0.1
unknown_prior = 1.0
least_weight = 0.4
clear_lead = 1.5
[limits]
prevalence = 0.1
[facts]
replay = {{ levels = ["same", "differs"], rest = 0.9, weight = 1.0 }}
[[causes]]
code = "{code}"
drift = "{drift}"
action = "{action}"
[causes.pattern]
{fact} = {{ shows = ["{level}"], chance = {chance} }}
[unknown]
drift = "unknown"
action = "investigate"
"""


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"code": "gremlins"}, "gremlins is no cause"),
        ({"drift": "sideways"}, "'sideways' is no kind of drift"),
        ({"action": "retrain"}, "'retrain' is no action"),
        ({"fact": "weather"}, "'weather' is no fact"),
        ({"level": "rainy"}, "replay has no level 'rainy'"),
        ({"chance": "1.0"}, "the chance of replay lies outside 0..1"),
        ({}, "the row of focus is missing"),
        ({}, "[limits] lacks audit"),
    ],
)
def test_a_table_that_names_what_nobody_knows_is_refused(change: dict[str, str], told: str) -> None:
    usual = {"code": "upstream", "drift": "upstream", "action": "roll_back", "fact": "replay"}
    text = TABLE.format(**(usual | {"level": "differs", "chance": "0.9"} | change))
    with pytest.raises(ValueError, match="The table of causes cannot be used") as refused:
        parse_table(text)
    assert told in str(refused.value)
