"""How a lead becomes a number, and a number a decision. Pure."""
