"""The fair turn: whose it is, what each member is owed, and why shares differ."""
