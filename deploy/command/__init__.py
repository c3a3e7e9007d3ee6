"""The command `baton`: runs it, feeds it, asks it; a running instance is asked through its HTTP interface."""
