"""Interrupts reach the tests, and the programs that they start, however the suite was started.

A shell without job control starts what it puts into the background with SIGINT ignored, which children inherit.
"""

import signal

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
