"""Documents of one's own as chunks to ask about: `read_documents` in `read`."""
