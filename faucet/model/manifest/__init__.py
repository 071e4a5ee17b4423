"""The manifest as users write it: its text with positions, its sections, its scalars."""
