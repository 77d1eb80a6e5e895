"""`perenne trainer`: the process that claims runs from a hub and trains, in the foreground.

Owns the options. Refuses torch in this process: each run has a child of its own.
"""

from pathlib import Path
from typing import Annotated

import typer


def trainer(
    url: Annotated[str | None, typer.Option(help="Address of the hub.")] = None,
    token: Annotated[
        str | None, typer.Option(help="Token of the role trainer; better in PERENNE_TOKEN than here.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Name of this trainer; it finds its interrupted runs by it.")
    ] = None,
    workdir: Annotated[
        Path | None, typer.Option(help="Folder for images, checkpoints and logs (default: DATA/trainer).")
    ] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda, cuda:N, or auto.")] = "auto",
    threads: Annotated[int, typer.Option(help="CPU threads; 0: one a core.", min=0)] = 0,
    processes: Annotated[
        int, typer.Option(help="Training processes on several GPUs (torchrun).", min=1, max=64)
    ] = 1,
    recipe: Annotated[
        list[str] | None, typer.Option(help="Offer only this recipe; may be repeated (default: all).")
    ] = None,
    load: Annotated[
        list[str] | None, typer.Option(help="Python module that registers further recipes; may be repeated.")
    ] = None,
    once: Annotated[bool, typer.Option(help="Work on one run at most, then end.")] = False,
) -> None:
    """Start a trainer: it claims runs from a hub, trains them and brings the models back."""
    from perenne.cli.connection import where
    from perenne.client import CredentialsMissing, data_directory, find_credentials
    from perenne.trainer.start import default_name, offered_recipes, start_trainer

    given = where()
    credentials = find_credentials(url or given.url, token=token or given.token, data=given.data)
    if credentials.token is None:
        raise CredentialsMissing(
            f"No token is known for the hub at {credentials.url}.",
            remedy="Give one in PERENNE_TOKEN, made by `perenne tokens add NAME --role trainer`.",
        )
    folder = (workdir or data_directory(given.data) / "trainer").expanduser().absolute()
    modules = tuple(load or ())
    start_trainer(
        url=credentials.url,
        token=credentials.token,
        name=name or default_name(folder),
        workdir=folder,
        recipes=offered_recipes(load=modules, only=tuple(recipe or ())),
        device=device,
        threads=threads,
        processes=processes,
        load=modules,
        once=once,
    )
