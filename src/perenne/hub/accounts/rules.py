"""Roles and actors: pure decisions on who may do what."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from perenne.hub.accounts.errors import NotAllowed, UnknownRole

INSTANCE = ""
"""Organisation of instance administrators: it holds no content."""


@dataclass(frozen=True)
class Actor:
    """Who acts: an organisation's principal, its rights, and the sites it is limited to (None: all)."""

    organisation_id: str
    principal_id: str
    name: str
    role: str
    permissions: frozenset[str]
    site_ids: frozenset[str] | None = None

    def may(self, permission: str) -> bool:
        """Say whether the actor holds `permission`."""
        return permission in self.permissions

    def require(self, permission: str) -> None:
        """Return when the actor holds `permission`. Raises: NotAllowed."""
        if not self.may(permission):
            raise NotAllowed(
                f"{self.name} ({self.role}) may not {known_permissions()[permission]} ({permission}).",
                remedy="Ask an administrator of your organisation for a role that holds this right.",
            )

    def may_touch_site(self, site_id: str | None) -> bool:
        """Say whether a thing of `site_id` (None: of no site) lies inside the actor's limits."""
        return self.site_ids is None or site_id in self.site_ids


@cache
def _matrix() -> dict[str, dict[str, dict[str, object]]]:
    text = files("perenne.hub.accounts").joinpath("roles.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def known_permissions() -> dict[str, str]:
    """Return every permission and what it allows."""
    return {name: str(about) for name, about in _matrix()["permissions"].items()}


def role_about(role: str) -> str:
    """Return what `role` is for, in one line."""
    return str(_matrix()["roles"][role]["about"])


def role_names() -> list[str]:
    """Return the names of all roles."""
    return list(_matrix()["roles"])


@cache
def permissions_of(role: str) -> frozenset[str]:
    """Return the permissions of `role`. Raises: UnknownRole naming the known ones."""
    roles = _matrix()["roles"]
    if role not in roles:
        raise UnknownRole(f"There is no role '{role}'.", remedy=f"Use one of: {', '.join(roles)}.")
    listed = roles[role]["permissions"]
    assert isinstance(listed, list)
    return frozenset(str(p) for p in listed)


def may_grant(granter: Actor, *, role: str, site_ids: Iterable[str] | None) -> bool:
    """Say whether `granter` may hand out `role` on `site_ids`: never more than the granter holds."""
    sites_inside = granter.site_ids is None or (site_ids is not None and set(site_ids) <= granter.site_ids)
    return permissions_of(role) <= granter.permissions and sites_inside


def system_actor(organisation_id: str, *, name: str = "system") -> Actor:
    """Return the actor of background work inside one organisation."""
    return Actor(organisation_id, "system", name, "org-admin", permissions_of("org-admin"))
