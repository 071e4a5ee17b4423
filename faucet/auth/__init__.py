"""The bundled auth providers."""
