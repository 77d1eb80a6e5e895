"""`perenne login`, `logout`, `whoami`: which hub this machine speaks to, and as whom.

Owns the conversation. Refuses passwords on the command line, where other users of the machine can read them.
"""

import socket
from typing import Annotated

import typer

from perenne.cli.connection import connect, where
from perenne.cli.options import AsJson, read_secret
from perenne.cli.style import done, note, show_facts, show_json


def login(
    url: Annotated[str | None, typer.Option(help="Address of the hub.")] = None,
    email: Annotated[str | None, typer.Option(help="E-mail of the account.")] = None,
    days: Annotated[int, typer.Option(min=1, max=365, help="Days that the token holds.")] = 30,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from a pipe.")
    ] = False,
) -> None:
    """Sign in to a hub and keep a token on this machine (mode 0600)."""
    from perenne.client import Client, find_credentials
    from perenne.client.credentials import save_login

    given = where()
    address = find_credentials(url or given.url, data=given.data).url
    client = Client(address, token=None, data=given.data, http=given.http)
    client.transport.token = None
    who = email or str(typer.prompt("E-mail"))
    password = read_secret("Password", from_stdin=password_stdin)
    name = f"login on {socket.gethostname()}"[:100]
    token = client.accounts.sign_in(who, password, token_name=name, days=days)
    kept = {"url": address, "token": token.secret, "email": who, "expires_at": token.expires_at.isoformat()}
    path = save_login(kept, data=given.data)
    done(f"Signed in to {address} as [bold]{who}[/] ({token.role}), until {token.expires_at:%Y-%m-%d}.")
    note(f"The token is in {path}; `perenne logout` removes it.")


def logout() -> None:
    """Forget the token that `login` kept."""
    from perenne.client.credentials import forget_login

    done("Signed out." if forget_login(data=where().data) else "Nobody was signed in.")


def whoami(as_json: AsJson = False) -> None:
    """Say who this machine is to the hub, and what it may do."""
    client = connect()
    me = client.accounts.me()
    if as_json:
        show_json(me)
        return
    sites = "all" if me.site_ids is None else f"{len(me.site_ids)} of the organisation's"
    facts = [("hub", client.url), ("organisation", me.organisation), ("role", me.role), ("sites", sites)]
    facts.append(("may", ", ".join(me.permissions)))
    show_facts(me.name, facts)
