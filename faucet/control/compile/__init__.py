"""Settings and catalogs to a surface. Pure."""

from faucet.control.compile.surface import compile_surface

__all__ = ["compile_surface"]
