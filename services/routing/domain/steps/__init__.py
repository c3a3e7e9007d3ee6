"""What happens to a lead: each thing that is heard, that a rep does, or that a clock brings."""
