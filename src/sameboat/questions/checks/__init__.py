"""What is wrong with the data: tables, keys, rates and scenarios."""
