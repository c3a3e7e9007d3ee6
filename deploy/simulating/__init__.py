"""`baton agreement simulate`, but for the command: records, comparison, and the page of it."""
