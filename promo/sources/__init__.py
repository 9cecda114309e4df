"""The way in: feeds and pictures of others, read into plain values.

What we believe
    Everything that arrives is hostile until it is parsed: parsers of foreign formats run in a child
    process with little time and memory, and only `promo.door` fetches.
    A broken feed is still worth reading; one bad entry never costs the others.
    A date we cannot read is no date. Nothing is guessed that a person could not check.
"""
