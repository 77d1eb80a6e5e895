"""What can go wrong with datasets, each with its remedy."""

from perenne.kit.errors import Conflict, Forbidden, InvalidInput


class DatasetExists(Conflict):
    """Another dataset carries the short name already."""

    code = "dataset-exists"
    title = "The dataset exists already"


class NothingToFreeze(InvalidInput):
    """No image with accepted ground truth lies inside the selection."""

    code = "dataset-nothing-to-freeze"
    title = "There is nothing to freeze"


class TruthMissing(InvalidInput):
    """Images inside the selection have no accepted ground truth, and all were demanded to have it."""

    code = "dataset-truth-missing"
    title = "Ground truth is missing"


class SplitWouldLeak(Conflict):
    """A forced rule would put a group, part, batch or near-duplicate on both sides of a split."""

    code = "dataset-split-leaks"
    title = "The split would leak"


class BadSplitRule(InvalidInput):
    """A split rule that names what is not there, or the same thing twice."""

    code = "dataset-split-rule"
    title = "The split rule cannot be used"


class TargetNotOfSchema(InvalidInput):
    """A ground truth that the schema's present classes cannot hold."""

    code = "dataset-target-not-of-schema"
    title = "A ground truth does not fit the label schema"


class TooLargeForOneRequest(InvalidInput):
    """So many images that freezing them needs a job."""

    code = "dataset-too-large-for-request"
    title = "Too large for one request"


class TestSetSealed(Forbidden):
    """The test set of the version has not been opened."""

    __test__ = False
    code = "dataset-test-sealed"
    title = "The test set is sealed"


class VersionNotSealed(Conflict):
    """There is nothing to open."""

    code = "dataset-version-not-sealed"
    title = "The version is not sealed"


class OutsideYourSites(Forbidden):
    """The version holds images of sites that the caller may not see."""

    code = "dataset-outside-your-sites"
    title = "The version reaches beyond your sites"


class VersionsNotComparable(Conflict):
    """Two versions of different label schemas."""

    code = "dataset-versions-not-comparable"
    title = "The versions cannot be compared"


class ManifestDamaged(Conflict):
    """The stored manifest no longer has the hash that it was frozen with."""

    code = "dataset-manifest-damaged"
    title = "The manifest is damaged"
    status = 500
