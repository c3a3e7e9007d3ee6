"""The clocks of a lead: whose time they count, their ladders, when they stand still."""
