"""dbt's semantic files: the legacy spec, the one of 2026, and the semantic manifest."""
