"""The slots that extensions fill, and the registry that holds them."""
