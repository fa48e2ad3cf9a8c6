"""Published numbers for the backtests, copied from where they are printed.

Basel Framework MAR99 (2019), tables 1 and 2; P. Kupiec (1995) as in Jorion, Value at Risk, table 6-2; Acerbi and
Szekely (2014), critical values of Z2 for 250 days at 97.5 %; Basel MAR32 (2019), p-value of the amber threshold.
"""

# exceptions: P(X = k | 99 %), P(X >= k | 99 %), then for coverage 98, 97, 96, 95 %: P(X = k), P(X < k); per cent.
MAR99_TABLE_1 = {
    0: (8.1, 100.0, (0.6, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0)),
    1: (20.5, 91.9, (3.3, 0.4, 0.0, 0.0), (0.6, 0.0, 0.0, 0.0)),
    2: (25.7, 71.4, (8.3, 1.5, 0.2, 0.0), (3.9, 0.4, 0.0, 0.0)),
    3: (21.5, 45.7, (14.0, 3.8, 0.7, 0.1), (12.2, 1.9, 0.2, 0.0)),
    5: (6.7, 10.8, (17.7, 10.9, 3.6, 0.9), (43.9, 12.8, 2.7, 0.5)),
    8: (0.3, 0.4, (6.5, 14.0, 11.3, 5.4), (86.9, 52.4, 21.5, 6.5)),
    13: (0.0, 0.0, (0.1, 2.0, 7.3, 11.2), (99.8, 96.0, 79.5, 51.8)),
    15: (0.0, 0.0, (0.0, 0.5, 3.4, 8.2), (100.0, 99.1, 92.1, 72.9)),
}

# exceptions: zone, Basel III multiplier, cumulative probability in per cent.
MAR99_TABLE_2 = {
    0: ("GREEN", 1.5, 8.11),
    1: ("GREEN", 1.5, 28.58),
    2: ("GREEN", 1.5, 54.32),
    3: ("GREEN", 1.5, 75.81),
    4: ("GREEN", 1.5, 89.22),
    5: ("AMBER", 1.7, 95.88),
    6: ("AMBER", 1.76, 98.63),
    7: ("AMBER", 1.83, 99.60),
    8: ("AMBER", 1.88, 99.89),
    9: ("AMBER", 1.92, 99.97),
    10: ("RED", 2.0, 99.99),
}

# (p, n): not rejected at 95 % while lower < exceptions < upper.
KUPIEC_REGIONS = {
    (0.01, 510): (1, 11),
    (0.025, 1000): (15, 36),
    (0.05, 255): (6, 21),
    (0.05, 1000): (37, 65),
    (0.10, 510): (38, 65),
}

# test level: critical Z2, room for its simulation and the printed digit.
Z2_CRITICAL = {0.05: (-0.70, 0.1), 0.0001: (-1.8, 0.25)}
