"""Harbourline, the company that the demo shows."""
