"""The `when` language: its words and operators, how a condition is read, compiled and said in a sentence."""
