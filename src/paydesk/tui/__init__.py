"""The Textual kit both desks are made of; knows no role."""
