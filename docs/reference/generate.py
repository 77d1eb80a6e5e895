"""Write the pages of this folder that come from code: settings, commands, roles, recipes.

Run it after changing one of them: `.venv/bin/python docs/reference/generate.py`. A test compares the pages
with what this makes. Refuses to describe anything that the code does not say.
"""

import ast
import inspect
import sys
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

FOLDER = Path(__file__).parent
MADE = "<!-- Made by docs/reference/generate.py: change the code, then run it. -->\n\n"

# Read by other parts than the hub, each where it is used.
FURTHER_VARIABLES = {
    "PERENNE_URL": "Address of the hub that the command line, the SDK and the trainer talk to.",
    "PERENNE_TOKEN": "Token for that hub; without it, what `perenne up` or `perenne login` kept.",
    "PERENNE_TRACE": "`1`: the command line shows where an error came from.",
    "PERENNE_TORCH_INDEX": "Read by `dev.py`: address of an index of PyTorch builds, for the CPU build.",
    "PERENNE_WEB": "Read when the package is built and by `dev.py`: `skip` leaves the web app out, `force` "
    "builds it again. Unset, it is built when its sources changed.",
}

KINDS = {int: "whole number", float: "number", bool: "true or false", str: "text"}
KINDS |= {list: "JSON list", dict: "JSON object"}
LIMITS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<", "multiple_of": "a multiple of"}
SHOWN_ELSEWHERE = {"help", "install_completion", "show_completion"}


def main() -> int:
    """Write every page and say which ones changed."""
    for name, text in pages().items():
        path = FOLDER / name
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            print(f"wrote docs/reference/{name}")
    return 0


def pages() -> dict[str, str]:
    """Return the generated pages by file name."""
    return {
        "settings.md": settings_page(),
        "cli.md": cli_page(),
        "roles.md": roles_page(),
        "recipes.md": recipes_page(),
    }


def settings_page() -> str:
    """Return the page of the hub's settings and of the other variables."""
    from perenne.hub.settings import PREFIX, Settings

    about = _attribute_docs(Settings)
    rows = [
        [f"`{PREFIX}{field.name.upper()}`", _default(field), about[field.name]] for field in fields(Settings)
    ]
    further = [[f"`{name}`", text] for name, text in FURTHER_VARIABLES.items()]
    return (
        f"# Settings\n\n{MADE}Perenne is set by environment variables; there is no configuration file. "
        "A value that cannot be used stops the start and is named.\n\n## The hub\n\n"
        + _table(["Variable", "Default", "What it sets"], rows)
        + "\n## Everything else\n\n"
        + _table(["Variable", "What it sets"], further)
    )


def roles_page() -> str:
    """Return the matrix of roles and permissions."""
    import tomllib
    from importlib.resources import files

    matrix = tomllib.loads(files("perenne.hub.accounts").joinpath("roles.toml").read_text(encoding="utf-8"))
    roles = matrix["roles"]
    rows = [
        [f"`{name}`", about, ", ".join(role for role in roles if name in roles[role]["permissions"])]
        for name, about in matrix["permissions"].items()
    ]
    return (
        f"# Roles and permissions\n\n{MADE}Every route of the API names one permission, and a route without "
        "one keeps the hub from starting. A person or token limited to sites holds these rights on those "
        "sites only. What somebody may not see does not exist for them: the answer is the same 404.\n\n"
        "## Roles\n\n"
        + _table(["Role", "Who"], [[f"`{name}`", role["about"]] for name, role in roles.items()])
        + "\n## Permissions\n\n"
        + _table(["Permission", "Allows to", "Held by"], rows)
    )


def recipes_page() -> str:
    """Return every recipe with its options, their defaults and what a preset makes of them."""
    from perenne.recipes import RECIPES
    from perenne.recipes.lite.options import LiteOptions, RunOptions

    about = (
        "A recipe is how a model is trained. Choose one with `--recipe`, and set an option with `--set "
        "NAME=VALUE`, or on the page *Start a run* under further settings. What is not set follows the "
        "preset (`--set preset=gpu`); the model's card names what was used."
    )
    parts = [f"# Recipes\n\n{MADE}{about}\n\n{_prose(RunOptions)} {_prose(LiteOptions)}\n"]
    for name in RECIPES.names():
        recipe = RECIPES.get(name)
        config: Any = recipe.config_type
        if not config.__module__.startswith("perenne."):
            continue  # somebody's own recipe, which this project's pages do not describe
        presets = {preset: changed for preset, changed in config.presets.items() if changed}
        rows = [
            [f"`{option}`", _shown(field.get_default(call_default_factory=True)), _allowed(field)]
            + [_shown(changed[option]) if option in changed else "" for changed in presets.values()]
            for option, field in config.model_fields.items()
        ]
        is_what = (inspect.getdoc(type(recipe)) or "").removeprefix("Recipe: ")
        parts.append(f"\n## {name}\n\n{is_what[:1].upper()}{is_what[1:]}\n\n{_prose(config)}\n\n")
        parts.append(_table(["Option", "Default", "Takes", *(f"Preset `{one}`" for one in presets)], rows))
    return "".join(parts)


def _prose(cls: type) -> str:
    """Return what a class of options says of itself, without its first words."""
    words = " ".join((inspect.getdoc(cls) or "").split())
    return words if words.startswith("`") else words.partition(". ")[2]


def _shown(value: Any) -> str:
    if value is None or value in ("", {}):
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _allowed(field: Any) -> str:
    """Return what an option takes: its words, or its kind with the limits."""
    inner = [one for one in get_args(field.annotation) if one is not type(None)]
    if get_origin(field.annotation) is Literal:
        return ", ".join(f"`{word}`" for word in inner)
    kind = inner[0] if inner and get_origin(field.annotation) is not dict else field.annotation
    named = KINDS.get(get_origin(kind) or kind, "values")
    limits = [
        f"{sign} {getattr(rule, name)}"
        for rule in field.metadata
        for name, sign in LIMITS.items()
        if hasattr(rule, name)
    ]
    return " ".join([named, ", ".join(limits)]).strip()


def cli_page() -> str:
    """Return every command with its arguments and options."""
    from perenne.cli.index import COMMANDS
    from perenne.cli.main import load_command

    about = (
        "`perenne --help` lists them, `perenne COMMAND --help` explains one. "
        "Exit codes: 0 done, 1 refused or failed, 2 misused, 130 interrupted.\n"
    )
    parts = [f"# Commands\n\n{MADE}{about}"]
    panel = ""
    for entry in COMMANDS:
        if entry.panel != panel:
            panel = entry.panel
            parts.append(f"\n## {panel}\n")
        command = load_command(entry)
        parts.append(f"\n### perenne {entry.name}\n\n{entry.help}\n")
        for path, leaf in _leaves(command, f"perenne {entry.name}"):
            parts.append(_command_section(path, leaf, is_group=leaf is not command))
    return "".join(parts)


def _leaves(command: Any, path: str) -> list[tuple[str, Any]]:
    """Return the commands that can be run at or under `command`, with what is typed to reach them."""
    below = getattr(command, "commands", None)
    if below is None:
        return [(path, command)]
    return [leaf for name, sub in below.items() for leaf in _leaves(sub, f"{path} {name}")]


def _command_section(path: str, command: Any, *, is_group: bool) -> str:
    shown = [p for p in command.params if not getattr(p, "hidden", False) and p.name not in SHOWN_ELSEWHERE]
    words = [_placeholder(p) for p in shown if p.param_type_name == "argument"]
    text = f"\n```\n{' '.join([path, *words])}{' [OPTIONS]' if len(words) < len(shown) else ''}\n```\n\n"
    about = inspect.cleandoc(command.help or "").split("\f")[0].split("\n\n")[0].replace("\n", " ")
    if is_group and about:
        text += f"{about}\n\n"
    rows = [[_spelling(p), _option_help(p)] for p in shown]
    return text + _table(["", ""], rows) if rows else text.rstrip() + "\n"


def _placeholder(parameter: Any) -> str:
    name = (parameter.metavar or parameter.name).upper().strip("[]. ").replace("...", "")
    name += " ..." if parameter.nargs == -1 else ""
    return name if parameter.required else f"[{name}]"


def _spelling(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"`{_placeholder(parameter)}`"
    return " ".join(f"`{name}`" for name in [*parameter.opts, *parameter.secondary_opts])


def _option_help(parameter: Any) -> str:
    text = " ".join(str(getattr(parameter, "help", "") or "").split())
    default = parameter.default
    plain = isinstance(default, str | int | float) and not isinstance(default, bool) and default != ""
    if parameter.required and parameter.param_type_name == "option":
        return f"{text} Required.".strip()
    return f"{text} Default: `{default}`.".strip() if plain else text


def _attribute_docs(cls: type) -> dict[str, str]:
    """Return the string under each attribute of `cls`."""
    body = ast.parse(inspect.getsource(cls)).body[0]
    assert isinstance(body, ast.ClassDef)
    found = {}
    for before, node in zip(body.body, body.body[1:], strict=False):
        if (
            isinstance(before, ast.AnnAssign)
            and isinstance(before.target, ast.Name)
            and isinstance(node, ast.Expr)
        ):
            assert isinstance(node.value, ast.Constant)
            found[before.target.id] = " ".join(str(node.value.value).split())
    return found


def _default(field: Field[Any]) -> str:
    value = field.default if field.default_factory is MISSING else field.default_factory()
    text = str(value).replace(str(Path.home()), "~")
    return f"`{text}`" if text else "empty"


def _table(titles: list[str], rows: list[list[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
