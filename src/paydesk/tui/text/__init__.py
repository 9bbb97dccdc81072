"""Words and marks, without a widget: commands that print use them too."""
