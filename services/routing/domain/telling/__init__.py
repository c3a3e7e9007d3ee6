"""What people are told and how it looks in each medium; the links in it, and what they may do. All pure."""
