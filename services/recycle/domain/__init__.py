"""What recycle decides: pure functions over values."""
