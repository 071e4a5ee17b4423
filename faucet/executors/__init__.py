"""Executors: run compiled statements on a database and return their rows."""
