"""What scoring does when something happens. Load, decide, save, say."""
