"""Bringing alerts to webhooks and mailboxes: who is told what, in which words, how often, and what became of it.

`planning` decides which destinations a revision of an alert goes to, `schedule` what follows from an answer;
`envelope`, `signing` and `texts` make what is sent, `webhook` and `mail` send it, as `sender` tells them; `courier`
takes what is due from SQL. See `docs/deliveries.md`.
"""
