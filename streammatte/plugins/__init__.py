"""What can be plugged in, filters, matters and backgrounds, and the texts that name them."""
