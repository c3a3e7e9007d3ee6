"""What ingest decides, without touching the world: is it genuine, what does it say, whose lead is it."""
