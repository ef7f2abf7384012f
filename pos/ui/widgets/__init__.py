"""What the screens are made of: fixed-size widgets that repaint only the rows that changed."""
