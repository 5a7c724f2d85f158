"""A first look at files that nobody has described yet: what they hold and how they belong."""
