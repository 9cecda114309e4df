"""What a demonstration shows: an invented small-town library, its readers, items and pictures.

Data only; `promo.services.demo` puts it on the desk. All people, books and events are invented, all
addresses end in example.org.
"""
