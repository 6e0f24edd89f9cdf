"""How inputs are checked: values made plain, the checks of types, and the fields of an input."""
