"""A question becomes SQL text; nothing here runs it."""
