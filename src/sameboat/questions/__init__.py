"""One business question per module: plan, fetch once, analyse once, answer."""
