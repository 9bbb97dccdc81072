"""The fault matrix: real servers and real processes under load, struck again and again, and a checker from outside."""
