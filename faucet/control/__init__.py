"""The control plane: load, validate, resolve, introspect, compile."""
