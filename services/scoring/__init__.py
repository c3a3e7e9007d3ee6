"""Scoring: fit and engagement, and whether a lead is an MQL. Custodian while the intake desk holds a lead."""
