"""What makes a good shared KPI, as rules that a program can check: pure, over a project's files.

`catalogue` holds every rule with its reason, an example and a better alternative; `judge` applies
those that files alone can answer; `allowed` reads the comments that allow a breach for a while.
"""
