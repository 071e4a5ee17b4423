"""The Model Context Protocol: tools for agents, under the rules of the request plane."""
