"""What goes over the wire: routes, validation, errors, cursors and dates."""
