"""`perenne users`: accounts of people."""

from typing import Annotated

import typer

from perenne.cli.connection import connect
from perenne.cli.options import AsJson, read_secret, split_names
from perenne.cli.style import Column, done, show_json, show_table

app = typer.Typer(help="Accounts of people.", no_args_is_help=True, add_completion=False)
User = Annotated[str, typer.Argument(help="User: id, or e-mail.")]


@app.command("add")
def add(
    email: Annotated[str, typer.Argument(help="E-mail: the name to sign in with.")],
    role: Annotated[str, typer.Option(help="Role, as `perenne whoami` and the documentation name them.")],
    name: Annotated[str | None, typer.Option(help="Name that people read.")] = None,
    sites: Annotated[str | None, typer.Option(help="Sites that the user sees; without it, all.")] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from a pipe.")
    ] = False,
) -> None:
    """Add a user; the password is asked for, unseen."""
    password = read_secret(f"Password of {email}", from_stdin=password_stdin, confirm=True)
    names = split_names(sites) or None
    user = connect().accounts.add_user(email, name=name or email, password=password, role=role, sites=names)
    done(f"User [bold]{user.email}[/] added as {user.role}.")


@app.command("list")
def list_users(as_json: AsJson = False) -> None:
    """List the users of the organisation."""
    users = list(connect().accounts.users())
    if as_json:
        show_json(users)
        return
    columns = [
        Column("e-mail", style="bold"),
        Column("name"),
        Column("role"),
        Column("sites"),
        Column("state"),
    ]
    columns.append(Column("id", spare=True))
    rows = [
        (u.email, u.name, u.role, "all" if u.site_ids is None else len(u.site_ids), _state(u.disabled), u.id)
        for u in users
    ]
    show_table("Users", columns, rows)


@app.command("change")
def change(
    user: User,
    role: Annotated[str | None, typer.Option(help="New role.")] = None,
    name: Annotated[str | None, typer.Option(help="New name.")] = None,
    sites: Annotated[str | None, typer.Option(help="Sites that the user sees.")] = None,
    all_sites: Annotated[bool, typer.Option(help="The user sees every site.")] = False,
) -> None:
    """Change role, name or sites of a user."""
    names = split_names(sites) or None
    changed = connect().accounts.change_user(
        _id_of(user), role=role, name=name, sites=names, all_sites=all_sites
    )
    done(f"{changed.email}: {changed.role}.")


@app.command("disable")
def disable(user: User) -> None:
    """Take a user's access away, at once."""
    changed = connect().accounts.change_user(_id_of(user), disabled=True)
    done(f"{changed.email} is disabled.")


@app.command("enable")
def enable(user: User) -> None:
    """Give a disabled user the access back."""
    changed = connect().accounts.change_user(_id_of(user), disabled=False)
    done(f"{changed.email} is enabled.")


def _id_of(user: str) -> str:
    if "@" not in user:
        return user
    found = [one.id for one in connect().accounts.users() if one.email.lower() == user.lower()]
    return found[0] if found else user


def _state(disabled: bool) -> str:
    return "disabled" if disabled else "active"
