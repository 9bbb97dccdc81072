"""The demo: the whole way of a payment request, on a stack of its own that is deleted at the end."""
