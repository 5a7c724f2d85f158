"""Numbers become SVG text."""
