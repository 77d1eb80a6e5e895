"""What can go wrong with ground truth."""

from perenne.kit.errors import Conflict, InvalidInput


class TruthAmbiguous(Conflict):
    """A key that fits several images, or several sites, where one is meant."""

    code = "truth-ambiguous"
    title = "It is not clear which image is meant"


class TruthFromTheFuture(InvalidInput):
    """A truth given later than now; it would win over every correction."""

    code = "truth-from-the-future"
    title = "The truth is dated in the future"


class SiteNeeded(InvalidInput):
    """A truth for a part, from somebody limited to several sites, that does not say at which."""

    code = "site-needed"
    title = "The site is needed"
