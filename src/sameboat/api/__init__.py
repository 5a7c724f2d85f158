"""Addresses for programs: the same questions as the pages ask, answered as JSON."""
