"""DSNs with a harmless placeholder for each reference. Pure."""

from faucet.model.manifest.references import Reference, ReferenceSyntaxError, parse_references

# It is valid as a host, a name and a port.
PLACEHOLDER = "1"


def dsn_template(dsn: str, *, keep_defaults: bool = False) -> str | None:
    """
    Return *dsn* with `PLACEHOLDER` for each reference, or its default if those are kept.

    None if the references cannot be parsed, or one of them supplies the DSN or its start.
    """
    try:
        parts = parse_references(dsn)
    except ReferenceSyntaxError:
        return None
    if not parts or isinstance(parts[0], Reference):
        return None
    return "".join(
        part if isinstance(part, str) else (keep_defaults and part.default) or PLACEHOLDER
        for part in parts
    )
