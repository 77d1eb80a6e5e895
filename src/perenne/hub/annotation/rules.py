"""Pure decisions on label schemas: which lists of classes are good, and how one grows."""

from collections.abc import Sequence

from perenne.hub.annotation.errors import SchemaInvalid


def good_class_first(classes: Sequence[str], good_class: str | None) -> list[str]:
    """Return the classes with that of a good part in front: without thresholds, all others make a piece fail.

    >>> good_class_first(["crack", "good", "dent"], "good")
    ['good', 'crack', 'dent']
    """
    return sorted(classes, key=lambda name: name != good_class)


def check_schema(*, problem: str, classes: Sequence[str], good_class: str | None, unit: str | None) -> None:
    """Return when the parts of a schema fit together. Raises: SchemaInvalid."""
    if problem == "regression":
        if classes or good_class is not None:
            raise SchemaInvalid(
                "A regression answers with a value and has no classes.", remedy="Leave the classes out."
            )
        return
    if unit is not None:
        raise SchemaInvalid(
            f"A {problem} has no unit: '{unit}'.", remedy="Leave the unit out, or make it a regression."
        )
    if not classes:
        raise SchemaInvalid(f"A {problem} needs classes.", remedy="Name at least one class.")
    check_distinct(classes)
    if good_class is not None and (problem != "classification" or good_class not in classes):
        raise SchemaInvalid(
            f"'{good_class}' cannot be the good class of a {problem} with the classes {', '.join(classes)}.",
            remedy="Name one of the classes of a classification, or leave it out.",
        )


def check_distinct(classes: Sequence[str]) -> None:
    """Return when no two names are equal, capitals aside. Raises: SchemaInvalid naming both."""
    seen: dict[str, str] = {}
    for name in classes:
        twin = seen.setdefault(name.casefold(), name)
        if twin is not name:
            raise SchemaInvalid(
                f"The classes '{twin}' and '{name}' cannot be told apart.",
                remedy="Give each class a name of its own; capitals do not count.",
            )


def grow_classes(present: Sequence[str], added: Sequence[str]) -> list[str]:
    """Return the classes with the new ones at the end. Raises: SchemaInvalid for a name that is there."""
    grown = [*present, *added]
    check_distinct(grown)
    return grown
