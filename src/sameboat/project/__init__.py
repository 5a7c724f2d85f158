"""What the company declares: shapes, loader, checks and expressions."""
