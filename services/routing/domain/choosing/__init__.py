"""Who gets a lead: rules, members and their turns, the placing of it, and the receipt."""
