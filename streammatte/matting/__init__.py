"""From a frame to its alpha, found and steadied at the size at which the network sees it."""
