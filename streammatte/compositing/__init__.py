"""What a frame is taken apart into, foreground, alpha and background, and how these are put together again."""
