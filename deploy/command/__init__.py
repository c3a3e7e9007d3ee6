"""The command `baton`: runs it, feeds it, and asks it. Commands for a running instance go through its HTTP interface."""
