"""How much memory this process has taken at most."""

import sys


def peak_megabytes() -> float:
    """The largest resident size so far, in MB, on Linux, macOS and Windows (there with psutil)."""
    if sys.platform == "win32":
        import psutil

        return psutil.Process().memory_info().peak_wset / 1024**2
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024**2 if sys.platform == "darwin" else 1024)
