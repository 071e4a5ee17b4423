"""The manifest as written: text with positions, sections, scalars."""
