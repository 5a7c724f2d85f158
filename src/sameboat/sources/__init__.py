"""Outside data become local Parquet."""
