"""All of scoring's SQL: lead states, accounts, receipts, contests, and what became of leads."""
