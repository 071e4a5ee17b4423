"""What is raised for a DSN that cannot be read."""


class DsnError(ValueError):
    """A DSN cannot be read; the message says why, and quotes nothing of it."""
