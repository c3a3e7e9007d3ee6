"""All of routing's SQL: lead states, the bench of teams and people under their locks, and the roster."""
