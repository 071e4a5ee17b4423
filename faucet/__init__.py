"""Faucet: governed REST over your databases, declared in one manifest."""

__version__ = "0.1.0"
