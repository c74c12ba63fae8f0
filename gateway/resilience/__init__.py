"""What a route does when not all goes well: pure decisions on declared data. Time and chance are passed in; nothing here does I/O."""
