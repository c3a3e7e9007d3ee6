"""From a file to values that remember their lines: YAML and its traps, and every mistake at its place."""
