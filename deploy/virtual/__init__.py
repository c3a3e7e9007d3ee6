"""The real services on a clock that is moved by hand, in one thread, without the network: days in seconds."""
