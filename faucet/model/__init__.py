"""The nouns that both planes share: frozen values, no I/O."""
