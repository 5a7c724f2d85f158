"""What runs and people recorded."""
