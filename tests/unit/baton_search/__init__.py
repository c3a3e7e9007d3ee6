"""Every order in which a lead's baton can go through three services: searched, not sampled.

One lead (or two that become one), three custodians that call the real functions of shared.baton, one queue
per topic and reader, no order between topics. `python -m tests.unit.baton_search` searches every story.
"""
