"""The options that many commands share."""

import click

as_json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
as_person = click.option("--as", "person", metavar="NAME", help="Who acts; else your login name.")
with_key = click.option("--key", metavar="K", help="The same key again has one effect, so a retry is safe.")
