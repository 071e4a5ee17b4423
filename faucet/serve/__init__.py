"""The running process: generations, the switch between them, and the way in over HTTP."""
