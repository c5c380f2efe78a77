"""Groups followed in time: who had an event, when, and how well that was foreseen."""
