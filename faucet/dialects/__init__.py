"""Facts and deviations of the bundled databases."""
