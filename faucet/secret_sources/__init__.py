"""The bundled secret sources."""
