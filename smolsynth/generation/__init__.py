"""From a plan to rows: settings, techniques, runs, and the script that repeats them."""
