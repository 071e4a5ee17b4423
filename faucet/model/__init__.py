"""The data types that both planes share: frozen values, no I/O."""
