"""Statistics on arrays: pure functions, frozen results."""
