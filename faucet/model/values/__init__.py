"""Values of every kind in the contract's canonical form."""
