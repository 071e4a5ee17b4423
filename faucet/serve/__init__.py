"""The running process: generations, the switch between them, and HTTP."""
