"""What Baton costs, and how fast it is. Figures compare with each other, not across machines."""
