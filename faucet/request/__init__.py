"""The request plane: authenticate, parse, authorize, plan, execute, encode."""
