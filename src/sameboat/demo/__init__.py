"""Harbourline, the company that the demo shows.

`truths` says what is true in it, `generate` makes its raw tables from that, department by
department; `harbourline/` holds its project files; `install` puts both into a folder; `seed`
holds what people have recorded there. Nothing in it is real: the tables are drawn with a
fixed seed, so that everyone meets the same company and tests can find the truths again.
"""
