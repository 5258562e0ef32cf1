"""smolsynth: the small package behind the course on synthetic datasets.

Import it before distilabel: it keeps distilabel's log walls, warnings and rich tracebacks away
(see `smolsynth._quiet`). Nothing heavy is imported here.
"""

from smolsynth import _quiet

__version__ = "0.1.0"

_quiet.prepare()
