"""The runtime: it carries events, timers, commands and errands through one shape of work. Load, decide, save, say."""
