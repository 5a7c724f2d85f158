"""How levers reach the mission: the tree, its edges and what was observed of them."""
