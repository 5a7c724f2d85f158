"""SQL is run where the data live, and comes back as Arrow."""
