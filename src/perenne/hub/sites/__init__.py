"""Sites: where images come from: site > line > station, and the products inspected there.

Owns these names and each station's defect-free template. Promises that a slug or an id finds the same
thing, and that a site outside the actor's limits does not exist for it.
Does not know images, models or deployments.
"""

from perenne.hub.sites.service import (
    create_line,
    create_product,
    create_site,
    create_station,
    get_line,
    get_product,
    get_site,
    get_station,
    get_station_by_id,
    list_sites,
    set_station_reference,
)
from perenne.hub.sites.tables import LineRow, ProductRow, SiteRow, StationRow

__all__ = [
    "LineRow",
    "ProductRow",
    "SiteRow",
    "StationRow",
    "create_line",
    "create_product",
    "create_site",
    "create_station",
    "get_line",
    "get_product",
    "get_site",
    "get_station",
    "get_station_by_id",
    "list_sites",
    "set_station_reference",
]
