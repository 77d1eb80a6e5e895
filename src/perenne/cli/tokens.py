"""`perenne tokens`: tokens of programs."""

from typing import Annotated

import typer

from perenne.cli.connection import connect
from perenne.cli.options import AsJson, split_names
from perenne.cli.style import Column, done, note, show_json, show_table

app = typer.Typer(help="Tokens of programs.", no_args_is_help=True, add_completion=False)


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    role: Annotated[str | None, typer.Option(help="Role; never more than your own.")] = None,
    days: Annotated[int, typer.Option(min=1, max=365, help="Days that it holds.")] = 90,
    sites: Annotated[str | None, typer.Option(help="Sites that it sees; without it, yours.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a token. Its secret is shown this once."""
    token = connect().accounts.add_token(name, days=days, role=role, sites=split_names(sites) or None)
    if as_json:
        show_json(token)
        return
    done(f"Token [bold]{token.name}[/] ({token.role}), until {token.expires_at:%Y-%m-%d}.")
    typer.echo(token.secret)
    note("Keep it now: it is not shown again.")


@app.command("list")
def list_tokens(as_json: AsJson = False) -> None:
    """List the tokens, without their secrets."""
    tokens = list(connect().accounts.tokens())
    if as_json:
        show_json(tokens)
        return
    columns = [
        Column("token", style="bold"),
        Column("role"),
        Column("until"),
        Column("last used", spare=True),
    ]
    columns += [Column("state"), Column("id")]
    rows = [
        (t.name, t.role, t.expires_at, t.last_used_at, "revoked" if t.revoked_at else "valid", t.id)
        for t in tokens
    ]
    show_table("Tokens", columns, rows)


@app.command("revoke")
def revoke(token: Annotated[str, typer.Argument(help="Token: id.")]) -> None:
    """Revoke a token, at once."""
    revoked = connect().accounts.revoke_token(token)
    done(f"Token {revoked.name} is revoked.")
