"""The parts of the test runner: what a .phpt holds, what output it expects, and how processes are run and ended."""
