"""Runs Faucet, and reports when it ends how many objects the garbage collector leaves alone."""

import atexit
import gc
import json
import runpy
import sys

if __name__ == "__main__":

    def report() -> None:
        print(json.dumps({"event": "Frozen", "objects": gc.get_freeze_count()}), file=sys.stderr)

    atexit.register(report)
    runpy.run_module("faucet", run_name="__main__")
