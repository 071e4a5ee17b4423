"""From statement shapes to SQL text, through a dialect's forms."""
