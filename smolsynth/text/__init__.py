"""Pure functions of strings: tokens, languages, signals, similarity, intents, layout."""
