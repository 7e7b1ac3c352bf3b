"""Eight short lessons: what each says and asks, and the real windows that it is told with; the browser computes."""
