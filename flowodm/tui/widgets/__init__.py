"""What draws: line widgets over spans, each for several screens."""
