"""The services. They speak only through events; each has the same rooms."""
