"""The rules of the payment desk in plain Python: no I/O, no clock, no random; time and ids are passed in."""
