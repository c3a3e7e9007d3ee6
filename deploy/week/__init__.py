"""`baton simulate week`: a week with a roster and an agreement, before anybody has to live it."""
