"""The tests of Baton: every promise of the code, kept where anybody can watch it break."""
