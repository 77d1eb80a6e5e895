"""Imports: files that a person brings to the browser, looked at first, then taken in.

Owns an import's received files, its dry run and its run, both durable. Promises that nothing enters before
somebody saw what it is taken for, that a run may be killed and gone on with without doubling anything, that
what came in goes through the same doors as a push (images, truth), and that received files do not stay.
Does not read formats (that is formats), decide what is true, or reach beyond the sites of whoever asked.
"""

from perenne.hub.imports.tables import ImportFileRow, ImportRow

__all__ = ["ImportFileRow", "ImportRow"]
