"""`Spec`, the base of every struct that users write into."""

import msgspec


class Spec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the manifest. Unknown fields are refused; a subclass repeats frozen and kw_only."""
