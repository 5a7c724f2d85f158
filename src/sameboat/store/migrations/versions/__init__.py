"""One script per revision, oldest first."""
