# SPDX-License-Identifier: Apache-2.0
"""The rows of tests/bench/run: table.py names them, the other modules measure them."""
