"""What the Python tests share: the real gateway as a process, callers that check every answer, a small world, canaries."""
