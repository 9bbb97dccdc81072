"""The options that many commands share."""

import click


def named(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    """Return the name that was written; an empty one, such as of a variable that is not set, is nobody's."""
    if value is not None and not value.strip():
        raise click.BadParameter("Write a name, or leave it out.")
    return value


def keyed(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    """Return the key that was written; an empty one would be the same for everybody who forgot to set a variable."""
    if value is not None and not value.strip():
        raise click.BadParameter("Write a key, or leave it out.")
    if value is not None and any("\ud800" <= char <= "\udfff" for char in value):
        raise click.BadParameter("It holds a character that is none; write it in letters and digits.")
    return value


as_json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
as_person = click.option("--as", "person", metavar="NAME", callback=named, help="Who acts; else your login name.")
with_key = click.option(
    "--key", metavar="K", callback=keyed, help="The same key again has one effect, so a retry is safe."
)
LOOKS = ("dusk", "paper", "contrast")
"""The looks by name; the screens' own list is not read here, as a command line without a screen needs no Textual."""
with_look = click.option("--theme", "look", type=click.Choice(LOOKS), help="The look of the desk.")
