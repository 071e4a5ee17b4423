"""Statement shapes to SQL text, with a dialect's forms."""
