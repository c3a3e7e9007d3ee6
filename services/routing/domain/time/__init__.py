"""Working time: calendars and how to count in them, exact to the second."""
