"""Ways to carry a compiled statement to a database and its rows back."""
