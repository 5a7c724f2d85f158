"""One change per module: check, write, audit, in one transaction."""
