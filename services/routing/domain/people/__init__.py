"""The roster: who there is, when they are there, and what they hold."""
