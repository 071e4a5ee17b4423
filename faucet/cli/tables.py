"""Rows of values as aligned text."""

from collections.abc import Mapping, Sequence

import click


def print_table(columns: Sequence[str], rows: Sequence[Mapping[str, object]]) -> None:
    """Print *rows* under the headings *columns*, or "none" if there are no rows."""
    if not rows:
        click.echo("none")
        return
    cells = [[_text(row.get(column)) for column in columns] for row in rows]
    heads = [column.upper() for column in columns]
    widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
    for line in (heads, *cells):
        padded = [cell.ljust(width) for cell, width in zip(line, widths, strict=True)]
        click.echo("  ".join(padded).rstrip())


def _text(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    text = "" if value is None else str(value)
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)
