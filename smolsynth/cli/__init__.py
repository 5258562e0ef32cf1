"""The command line: `main` finds the command, one module each carries it out."""
