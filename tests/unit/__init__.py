"""The domain, by example and by law. No I/O."""
