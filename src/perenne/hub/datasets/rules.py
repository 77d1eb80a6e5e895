"""How images are divided into train, val and test: pure decisions over whole ties of images.

Owns what ties images together (group, part, batch, near-duplicate), where a rule forces them, and the
division of the rest. Refuses to part what is tied: a forced rule that would do so is a conflict with its
pairs named.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from perenne.wire.datasets import Split, SplitRule

Side = Literal["train", "val", "test", "rest"]
STRICTEST: tuple[Side, ...] = ("test", "val", "train", "rest")
MIN_TIES_OF_OWN_STRATUM = 20


@dataclass(frozen=True)
class Candidate:
    """What the rules know of an image. `at` is the capture time, or the arrival where that is unknown.

    `kind` is a rough class of the target (its class; with or without objects), used to balance the splits.
    """

    image_id: str
    site: str
    at: datetime
    group_key: str | None = None
    batch_id: str | None = None
    part_id: str | None = None
    kind: str = ""


@dataclass(frozen=True)
class Leak:
    """Two images that belong on one side and would be on two, and what ties them."""

    image_a: str
    side_a: Side
    image_b: str
    side_b: Side
    link: str

    def __str__(self) -> str:
        return f"{self.image_a} ({self.side_a}) and {self.image_b} ({self.side_b}): {self.link}"


@dataclass(frozen=True)
class Division:
    """The split of every candidate, in their order; or the leaks for which there is none."""

    splits: list[Split]
    ties: list[int]
    leaks: list[Leak]
    warnings: list[str]


def group_of(candidate: Candidate) -> str:
    """Return the name of what is never divided: the group, else the batch, the part, the image."""
    return candidate.group_key or candidate.batch_id or candidate.part_id or candidate.image_id


def tie_together(candidates: Sequence[Candidate], near_pairs: Iterable[tuple[int, int]]) -> list[int]:
    """Return each candidate's tie: one number for images of one group, part or batch, or near-duplicates."""
    parent = list(range(len(candidates)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    def join(a: int, b: int) -> None:
        low, high = sorted((root(a), root(b)))
        parent[high] = low

    first: dict[tuple[str, str], int] = {}
    for index, candidate in enumerate(candidates):
        for key in _keys(candidate):
            join(index, first.setdefault(key, index))
    for a, b in near_pairs:
        join(a, b)
    return [root(index) for index in range(len(candidates))]


def divide(
    candidates: Sequence[Candidate],
    *,
    rule: SplitRule,
    near_pairs: Sequence[tuple[int, int]] = (),
    previous: Mapping[str, Split] | None = None,
) -> Division:
    """Return the split of every candidate under `rule`; whole ties only.

    `previous` maps group names to the split that they had before and keep where the rule leaves them free.
    """
    ties = tie_together(candidates, near_pairs)
    sides = [_side(candidate, rule) for candidate in candidates]
    members: dict[int, list[int]] = defaultdict(list)
    for index, tie in enumerate(ties):
        members[tie].append(index)
    forced = {tie: {side for i in of if (side := sides[i]) is not None} for tie, of in members.items()}
    torn = {tie for tie, found in forced.items() if len(found) > 1}
    if torn and rule.conflicts == "refuse":
        return Division([], ties, _name_leaks(candidates, sides, ties, torn, near_pairs), [])
    decided: dict[int, Split] = {}
    free: list[int] = []
    for tie, found in forced.items():
        side = next((s for s in STRICTEST if s in found), None)
        if side is None or side == "rest":
            free.append(tie)
        else:
            decided[tie] = side
    pool = _Pool(candidates, members, rule, previous or {})
    decided |= pool.divide_free(free)
    splits = [decided[tie] for tie in ties]
    return Division(splits, ties, [], _warn(Counter(splits), rule))


def find_leaks(
    candidates: Sequence[Candidate], splits: Sequence[Split], near_pairs: Sequence[tuple[int, int]]
) -> list[Leak]:
    """Return every pair of tied images on two sides; the independent check of a division."""
    return _direct_leaks(candidates, list(splits), near_pairs)


def unknown_names(candidates: Sequence[Candidate], rule: SplitRule) -> list[str]:
    """Return the groups that `rule` assigns and that no candidate carries."""
    known = {name for candidate in candidates for _, name in _keys(candidate)}
    known |= {candidate.image_id for candidate in candidates}
    named = [*rule.assign.train_groups, *rule.assign.val_groups, *rule.assign.test_groups]
    return [name for name in named if name not in known]


def twice_assigned(rule: SplitRule) -> list[str]:
    """Return the groups that `rule` assigns to two splits."""
    assign = rule.assign
    counted = Counter([*set(assign.train_groups), *set(assign.val_groups), *set(assign.test_groups)])
    return sorted(name for name, count in counted.items() if count > 1)


def sites_in_no_list(sites: Iterable[str], rule: SplitRule) -> list[str]:
    """Return the sites that a split by site neither names nor covers by an open list."""
    if rule.by != "site" or not (rule.train_sites and rule.test_sites):
        return []
    named = {*rule.train_sites, *rule.val_sites, *rule.test_sites}
    return sorted(set(sites) - named)


@dataclass(frozen=True)
class Member:
    """An image of a version, as far as a difference is concerned."""

    image_id: str
    split: str
    target: bytes


@dataclass(frozen=True)
class Difference:
    """Ids of the images that differ between two versions, each list sorted."""

    added: list[str]
    removed: list[str]
    relabelled: list[str]
    moved: list[str]
    moves: dict[str, int]
    unchanged: int


def compare(base: Iterable[Member], other: Iterable[Member]) -> Difference:
    """Return what changed from `base` to `other`; an image may be both relabelled and moved."""
    before = {member.image_id: member for member in base}
    after = {member.image_id: member for member in other}
    both = sorted(before.keys() & after.keys())
    relabelled = [i for i in both if before[i].target != after[i].target]
    moved = [i for i in both if before[i].split != after[i].split]
    return Difference(
        added=sorted(after.keys() - before.keys()),
        removed=sorted(before.keys() - after.keys()),
        relabelled=relabelled,
        moved=moved,
        moves=dict(sorted(Counter(f"{before[i].split} to {after[i].split}" for i in moved).items())),
        unchanged=len(both) - len({*relabelled, *moved}),
    )


def _keys(candidate: Candidate) -> Iterable[tuple[str, str]]:
    if candidate.group_key:
        yield "group", candidate.group_key
    if candidate.batch_id:
        yield "batch", candidate.batch_id
    if candidate.part_id:
        yield "part", candidate.part_id


def _side(candidate: Candidate, rule: SplitRule) -> Side | None:
    """Return where the rule forces an image: `rest` is what a site or time rule leaves over, None is free."""
    names = {candidate.group_key, candidate.batch_id, candidate.part_id, candidate.image_id}
    if not names.isdisjoint(rule.assign.test_groups):
        return "test"
    if not names.isdisjoint(rule.assign.val_groups):
        return "val"
    if not names.isdisjoint(rule.assign.train_groups):
        return "train"
    if rule.by == "site":
        return _side_by_site(candidate.site, rule)
    if rule.by == "time":
        return _side_by_time(candidate.at, rule)
    return None


def _side_by_site(site: str, rule: SplitRule) -> Side:
    if site in rule.test_sites:
        return "test"
    if site in rule.val_sites:
        return "val"
    covered = not rule.train_sites or site in rule.train_sites
    return "rest" if covered else "test"


def _side_by_time(at: datetime, rule: SplitRule) -> Side:
    if rule.test_after is not None and at >= rule.test_after:
        return "test"
    if rule.val_after is None:
        return "rest"
    return "val" if at >= rule.val_after else "train"


class _Pool:
    """Divides ties that no rule forces: within each site and kind, in an order that only the seed decides."""

    def __init__(
        self,
        candidates: Sequence[Candidate],
        members: Mapping[int, list[int]],
        rule: SplitRule,
        previous: Mapping[str, Split],
    ) -> None:
        self.candidates = candidates
        self.members = members
        self.rule = rule
        self.previous = previous
        test = 0.0 if rule.by == "time" else rule.test
        self.fractions: dict[Split, float] = {"train": 1.0 - rule.val - test, "val": rule.val, "test": test}

    def divide_free(self, free: Sequence[int]) -> dict[int, Split]:
        strata: dict[tuple[str, str], list[int]] = defaultdict(list)
        for tie in free:
            strata[self._stratum(tie)].append(tie)
        pooled: list[int] = []
        decided: dict[int, Split] = {}
        for _, ties in sorted(strata.items()):
            # A stratum that is large enough is divided alone, so other sites never change its split.
            if len(ties) < MIN_TIES_OF_OWN_STRATUM:
                pooled.extend(ties)
            else:
                decided |= self._divide_stratum(ties)
        decided |= self._divide_stratum(pooled)
        return self._fill_empty(decided)

    def _divide_stratum(self, ties: Sequence[int]) -> dict[int, Split]:
        decided: dict[int, Split] = {}
        counts: Counter[Split] = Counter()
        ordered = sorted(ties, key=self._draw)
        for tie in ordered:
            if (kept := self._kept(tie)) is not None:
                decided[tie] = kept
                counts[kept] += len(self.members[tie])
        for tie in ordered:
            if tie in decided:
                continue
            size = len(self.members[tie])
            total = counts.total() + size
            split = max(self.fractions, key=lambda s: self.fractions[s] * total - counts[s])
            decided[tie] = split
            counts[split] += size
        return decided

    def _fill_empty(self, decided: dict[int, Split]) -> dict[int, Split]:
        for wanted in ("test", "val"):
            trained = sorted((t for t, s in decided.items() if s == "train"), key=self._draw)
            if self.fractions[wanted] > 0 and wanted not in decided.values() and len(trained) > 1:
                smallest = min(trained, key=lambda tie: len(self.members[tie]))
                decided[smallest] = wanted
        return decided

    def _stratum(self, tie: int) -> tuple[str, str]:
        of = [(self.candidates[i].site, self.candidates[i].kind) for i in self.members[tie]]
        return min(Counter(of).items(), key=lambda item: (-item[1], item[0]))[0]

    def _kept(self, tie: int) -> Split | None:
        if not self.rule.keep_previous or not self.previous:
            return None
        before = {self.previous.get(group_of(self.candidates[i])) for i in self.members[tie]}
        return next((s for s in ("test", "val", "train") if s in before and self.fractions[s] > 0), None)

    def _draw(self, tie: int) -> bytes:
        # The name that survives new images of the same tie, so that the order does too.
        name = min(group_of(self.candidates[i]) for i in self.members[tie])
        return hashlib.sha256(f"{self.rule.seed}:{name}".encode()).digest()


def _name_leaks(
    candidates: Sequence[Candidate],
    sides: Sequence[Side | None],
    ties: Sequence[int],
    torn: set[int],
    near_pairs: Sequence[tuple[int, int]],
) -> list[Leak]:
    leaks = _direct_leaks(candidates, sides, near_pairs)
    index_of = {candidate.image_id: i for i, candidate in enumerate(candidates)}
    named = {ties[index_of[leak.image_a]] for leak in leaks}
    for tie in sorted(torn - named):
        of = [i for i, t in enumerate(ties) if t == tie and sides[i] is not None]
        a = of[0]
        b = next(i for i in of if sides[i] != sides[a])
        leaks.append(_leak(candidates, sides, a, b, "tied through other images"))
    return leaks


def _direct_leaks(
    candidates: Sequence[Candidate], sides: Sequence[Side | None], near_pairs: Sequence[tuple[int, int]]
) -> list[Leak]:
    by_key: dict[tuple[str, str], dict[Side, int]] = defaultdict(dict)
    for index, candidate in enumerate(candidates):
        side = sides[index]
        if side is not None:
            for key in _keys(candidate):
                by_key[key].setdefault(side, index)
    leaks: list[Leak] = []
    for (kind, name), firsts in by_key.items():
        indices = list(firsts.values())
        leaks.extend(_leak(candidates, sides, indices[0], b, f"same {kind} '{name}'") for b in indices[1:])
    for a, b in near_pairs:
        if sides[a] is not None and sides[b] is not None and sides[a] != sides[b]:
            leaks.append(_leak(candidates, sides, a, b, "near-duplicates"))
    return leaks


def _leak(candidates: Sequence[Candidate], sides: Sequence[Side | None], a: int, b: int, link: str) -> Leak:
    side_a, side_b = sides[a], sides[b]
    assert side_a is not None and side_b is not None
    return Leak(candidates[a].image_id, side_a, candidates[b].image_id, side_b, link)


def _warn(counts: Counter[Split], rule: SplitRule) -> list[str]:
    warnings = []
    if not counts["train"]:
        warnings.append("No image to train on: this version can only be evaluated on.")
    elif not counts["val"]:
        warnings.append("No validation image: there are too few groups, or the rule leaves none over.")
    if not counts["test"] and (rule.test > 0 or rule.by != "group"):
        warnings.append("No test image: there are too few groups, or the rule leaves none over.")
    return warnings
