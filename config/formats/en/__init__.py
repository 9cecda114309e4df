"""English as in Britain: the day comes first, hours run to 24, weeks begin on Monday."""
