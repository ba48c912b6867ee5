"""One self-contained HTML page of a run: no network, no build step, no code of others.

``data`` reduces a result document and its views to what is embedded, ``plots`` and ``tables`` make what stands
there without a script, ``assets`` is the page itself, and ``page`` puts them together.
"""
