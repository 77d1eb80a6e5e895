"""Splits never part what belongs together, and say so when a rule would."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from perenne.hub.datasets.rules import (
    Candidate,
    divide,
    find_leaks,
    group_of,
    sites_in_no_list,
    tie_together,
    twice_assigned,
    unknown_names,
)
from perenne.wire.datasets import Assignment, SplitRule

DAY = datetime(2026, 3, 1, tzinfo=UTC)


def image(number: int, *, site: str = "lyon", day: int = 0, **keys: str | None) -> Candidate:
    return Candidate(f"img_{number}", site, DAY + timedelta(days=day), **keys)


names = st.one_of(st.none(), st.sampled_from("abcdefgh"))
sites = st.sampled_from(["lyon", "graz", "york"])
rows = st.tuples(sites, st.integers(0, 30), names, names, names, st.sampled_from("xy"))
candidates = st.lists(rows, max_size=60).map(
    lambda found: [
        Candidate(f"img_{n}", site, DAY + timedelta(days=day), group, batch, part, kind)
        for n, (site, day, group, batch, part, kind) in enumerate(found)
    ]
)
conflicts = st.sampled_from(["refuse", "join"])
rules = st.one_of(
    st.builds(SplitRule, val=st.floats(0, 0.45), test=st.floats(0, 0.45), seed=st.integers(0, 99)),
    st.builds(
        SplitRule,
        by=st.just("site"),
        test_sites=st.just(["graz"]),
        conflicts=conflicts,
    ),
    st.builds(SplitRule, by=st.just("site"), train_sites=st.just(["lyon"]), conflicts=st.just("join")),
    st.builds(
        SplitRule,
        by=st.just("time"),
        test_after=st.just(DAY + timedelta(days=20)),
        val_after=st.sampled_from([None, DAY + timedelta(days=10)]),
        conflicts=conflicts,
    ),
    st.builds(
        SplitRule,
        assign=st.just(Assignment(test_groups=["a", "b"], val_groups=["c"])),
        conflicts=conflicts,
    ),
)


@settings(max_examples=150, deadline=None)
@given(candidates, rules, st.data())
def test_no_group_part_batch_or_near_duplicate_is_ever_on_two_sides(
    found: list[Candidate], rule: SplitRule, data: st.DataObject
) -> None:
    index = st.integers(0, len(found) - 1) if found else st.nothing()
    pairs = data.draw(st.lists(st.tuples(index, index), max_size=8)) if found else []
    division = divide(found, rule=rule, near_pairs=pairs)
    if division.leaks:
        assert rule.conflicts == "refuse" and not division.splits
        assert all(leak.side_a != leak.side_b for leak in division.leaks)
    else:
        assert len(division.splits) == len(found)
        assert find_leaks(found, division.splits, pairs) == []
        assert all(
            len({s for s, t in zip(division.splits, division.ties, strict=True) if t == tie}) == 1
            for tie in set(division.ties)
        )


@settings(max_examples=50, deadline=None)
@given(candidates, rules, st.randoms())
def test_the_order_of_arrival_does_not_change_a_split(
    found: list[Candidate], rule: SplitRule, random: Random
) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)
    one = divide(found, rule=rule)
    other = divide(shuffled, rule=rule)
    assert bool(one.leaks) == bool(other.leaks)
    first = {c.image_id: s for c, s in zip(found, one.splits, strict=False)}
    second = {c.image_id: s for c, s in zip(shuffled, other.splits, strict=False)}
    assert first == second


def test_fractions_hold_within_every_site_that_has_enough_groups() -> None:
    found = [
        image(n, site=site)
        for site, start in (("lyon", 0), ("graz", 1000))
        for n in range(start, start + 400)
    ]
    division = divide(found, rule=SplitRule(val=0.15, test=0.15))
    counts = Counter(zip((c.site for c in found), division.splits, strict=True))
    for site in ("lyon", "graz"):
        assert counts[site, "test"] == pytest.approx(60, abs=2)
        assert counts[site, "val"] == pytest.approx(60, abs=2)


def test_a_new_site_does_not_change_the_split_of_the_others() -> None:
    lyon = [image(n, site="lyon") for n in range(100)]
    graz = [image(n, site="graz") for n in range(100, 200)]
    alone = divide(lyon, rule=SplitRule())
    both = divide([*lyon, *graz], rule=SplitRule())
    assert both.splits[:100] == alone.splits


def test_the_seed_changes_who_is_tested() -> None:
    found = [image(n) for n in range(100)]
    assert divide(found, rule=SplitRule(seed=1)).splits != divide(found, rule=SplitRule(seed=2)).splits


def test_whole_boards_are_held_out_by_name() -> None:
    found = [image(n, site=f"board-{n % 7}", group_key=f"{n % 7}") for n in range(70)]
    division = divide(found, rule=SplitRule(assign=Assignment(test_groups=["3", "4"]), test=0.0))
    tested = {c.group_key for c, s in zip(found, division.splits, strict=True) if s == "test"}
    assert tested == {"3", "4"} and "val" in division.splits


def test_even_few_groups_fill_every_split() -> None:
    found = [image(n, site=f"s{n % 3}", group_key=str(n % 3)) for n in range(30)]
    assert Counter(divide(found, rule=SplitRule()).splits) == {"train": 10, "val": 10, "test": 10}


def test_a_part_seen_at_two_sites_is_refused_by_name_when_the_sites_are_parted() -> None:
    found = [image(1, site="lyon", part_id="P-7"), image(2, site="graz", part_id="P-7"), image(3)]
    division = divide(found, rule=SplitRule(by="site", test_sites=["graz"]))
    assert [str(leak) for leak in division.leaks] == ["img_1 (rest) and img_2 (test): same part 'P-7'"]


def test_near_duplicates_across_a_moment_are_refused_by_name() -> None:
    found = [image(1, day=1), image(2, day=9), image(3, day=2)]
    rule = SplitRule(by="time", test_after=DAY + timedelta(days=5))
    division = divide(found, rule=rule, near_pairs=[(0, 1)])
    assert division.leaks[0].link == "near-duplicates"
    joined = divide(found, rule=rule.model_copy(update={"conflicts": "join"}), near_pairs=[(0, 1)])
    assert joined.splits[:2] == ["test", "test"] and joined.splits[2] != "test"


def test_two_assigned_groups_tied_through_a_third_image_are_named_too() -> None:
    found = [
        image(1, group_key="g1"),
        image(2, batch_id="b", part_id="p"),
        image(3, group_key="g2", part_id="p"),
        image(4, group_key="g1", batch_id="b"),
    ]
    rule = SplitRule(assign=Assignment(test_groups=["g1"], train_groups=["g2"]))
    assert divide(found, rule=rule).leaks


def test_naming_only_the_training_sites_makes_all_others_test() -> None:
    found = [image(n, site=["mono", "poly", "mixed"][n % 3]) for n in range(120)]
    division = divide(found, rule=SplitRule(by="site", train_sites=["mono"]))
    assert {s for c, s in zip(found, division.splits, strict=True) if c.site != "mono"} == {"test"}
    mono = Counter(s for c, s in zip(found, division.splits, strict=True) if c.site == "mono")
    assert mono["train"] > 20 and mono["val"] and mono["test"]


def test_what_was_tested_once_stays_tested_when_images_arrive() -> None:
    found = [image(n) for n in range(200)]
    before = divide(found[:120], rule=SplitRule())
    previous = {group_of(c): s for c, s in zip(found, before.splits, strict=False)}
    after = divide(found, rule=SplitRule(), previous=previous)
    assert after.splits[:120] == before.splits
    assert Counter(after.splits)["test"] == pytest.approx(30, abs=2)


def test_a_group_is_the_group_key_else_the_batch_else_the_part_else_the_image() -> None:
    assert group_of(image(1, group_key="g", batch_id="b", part_id="p")) == "g"
    assert group_of(image(1, batch_id="b", part_id="p")) == "b"
    assert group_of(image(1, part_id="p")) == "p"
    assert group_of(image(1)) == "img_1"
    assert tie_together([image(1, batch_id="b"), image(2), image(3, batch_id="b")], [])[2] == 0


def test_names_that_no_image_carries_and_double_assignments_are_found() -> None:
    rule = SplitRule(assign=Assignment(test_groups=["g", "nowhere"], train_groups=["g"]))
    assert unknown_names([image(1, group_key="g")], rule) == ["nowhere"]
    assert twice_assigned(rule) == ["g"]
    sites = SplitRule(by="site", train_sites=["lyon"], test_sites=["graz"])
    assert sites_in_no_list(["lyon", "graz", "york"], sites) == ["york"]


@pytest.mark.parametrize(
    "fields",
    [
        {"val": 0.6, "test": 0.5},
        {"by": "site"},
        {"by": "time"},
        {"val": float("nan")},
        {"by": "colour"},
        {"split": 1},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SplitRule.model_validate(fields)
