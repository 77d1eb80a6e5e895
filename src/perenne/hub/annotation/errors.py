"""What can go wrong with label schemas."""

from perenne.kit.errors import Conflict, InvalidInput


class SchemaExists(Conflict):
    """Another label schema carries the short name."""

    code = "label-schema-exists"
    title = "The label schema exists"


class SchemaInvalid(InvalidInput):
    """Classes, problem and good class that do not fit together."""

    code = "label-schema-invalid"
    title = "The label schema does not hold together"
