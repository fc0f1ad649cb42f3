"""Formulas as drawings: box layout, glyphs, and widgets whose terms can be pointed at."""
