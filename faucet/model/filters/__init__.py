"""Filters: parsed, typed, bound to a caller, split into shape and values."""
