"""The runtime carries events, timers, commands and errands in one shape of work: load, decide, save, say."""
