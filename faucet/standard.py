"""The list of bundled extensions, and the only one."""

from faucet.extension.registry import Registrar, Registry


def standard_registry() -> Registry:
    """Return a registry of everything that ships with Faucet. Loads no driver."""
    from faucet.auth.api_key import API_KEY  # noqa: PLC0415
    from faucet.auth.jwt import JWT  # noqa: PLC0415
    from faucet.dialects.postgresql import POSTGRESQL  # noqa: PLC0415
    from faucet.dialects.sqlite import SQLITE  # noqa: PLC0415
    from faucet.secret_sources.env import ENV  # noqa: PLC0415
    from faucet.secret_sources.file import FILE  # noqa: PLC0415
    from faucet.transforms.masks import MASKS  # noqa: PLC0415

    registrar = Registrar()
    for dialect in (SQLITE, POSTGRESQL):
        registrar.dialect(dialect)
    for mask in MASKS:
        registrar.transform(mask)
    for source in (ENV, FILE):
        registrar.secret_source(source)
    for provider in (API_KEY, JWT):
        registrar.auth_provider(provider)
    return registrar.freeze()
