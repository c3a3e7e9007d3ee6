"""The demo: a small world that calls Baton over HTTP, is called back, and looks at the figures."""
