"""The stress scenarios that ship with the package: data only, each with its source."""

from ._layout import ShockLeaf
from ._stress_scenario import CurrencyMove, GroupMove, HistoricalWindow, StressScenario, WindowRule

_ROUND = "round figure chosen by this library"
_INDEX = "spot:SP500"

HISTORICAL_STRESSES: tuple[StressScenario, ...] = (
    StressScenario(
        "dot-com 2000-2002",
        "S&P 500 closing high of 24 March 2000 (1527.46) to closing low of 9 October 2002 (776.76)",
        HistoricalWindow("2000-03-24", "2002-10-09"),
    ),
    StressScenario(
        "financial crisis 2007-2009",
        "S&P 500 closing high of 9 October 2007 (1565.15) to closing low of 9 March 2009 (676.53)",
        HistoricalWindow("2007-10-09", "2009-03-09"),
    ),
    StressScenario(
        "Lehman 2008, worst 10 days",
        "from the Friday before the bankruptcy of Lehman Brothers (15 September 2008) to the S&P 500 closing low of "
        "20 November 2008 (752.44); the ten business days in which the index fell most",
        HistoricalWindow("2008-09-12", "2008-11-20", WindowRule.WORST, _INDEX, 10),
    ),
    StressScenario(
        "US downgrade 2011",
        "S&P 500 close of 22 July 2011 (1345.02) to 8 August 2011 (1119.46), the first session after the downgrade of "
        "the United States by Standard & Poor's on 5 August",
        HistoricalWindow("2011-07-22", "2011-08-08"),
    ),
    StressScenario(
        "taper tantrum 2013",
        "10-year US Treasury constant-maturity yield (Federal Reserve H.15) of 2 May 2013 (1.66 %) to that of "
        "5 September 2013 (2.98 %)",
        HistoricalWindow("2013-05-02", "2013-09-05"),
    ),
    StressScenario(
        "fourth quarter 2018",
        "S&P 500 closing high of 20 September 2018 (2930.75) to closing low of 24 December 2018 (2351.10)",
        HistoricalWindow("2018-09-20", "2018-12-24"),
    ),
    StressScenario(
        "COVID 2020",
        "S&P 500 closing high of 19 February 2020 (3386.15) to closing low of 23 March 2020 (2237.40)",
        HistoricalWindow("2020-02-19", "2020-03-23"),
    ),
    StressScenario(
        "COVID 2020, worst 10 days",
        "inside the fall of 19 February to 23 March 2020, the ten business days in which the S&P 500 fell most",
        HistoricalWindow("2020-02-19", "2020-03-23", WindowRule.WORST, _INDEX, 10),
    ),
    StressScenario(
        "rates 2022",
        "10-year US Treasury constant-maturity yield (Federal Reserve H.15) from the end of 2021 (1.52 %) to its high "
        "of 24 October 2022 (4.25 %)",
        HistoricalWindow("2021-12-31", "2022-10-24"),
    ),
)
"""Windows of history by date: the moves are those of the history that is given."""

_EQUITY_DOWN_20 = GroupMove(ShockLeaf.SPOT, -0.20)
_EQUITY_DOWN_40 = GroupMove(ShockLeaf.SPOT, -0.40)
_VOL_UP_50 = GroupMove(ShockLeaf.VOL_LEVEL, 0.50)
_SPREAD_DOUBLED = GroupMove(ShockLeaf.HAZARD_RATE, 1.0)
_DOLLAR_UP_10 = CurrencyMove("USD", 0.10)

HYPOTHETICAL_STRESSES: tuple[StressScenario, ...] = (
    StressScenario(
        "rates +100bp",
        "parallel 100 basis points: Derivatives Policy Group, Framework for Voluntary Oversight (1995); half of the "
        "200 that BCBS d368 (2016) sets for USD and EUR",
        (GroupMove(ShockLeaf.ZERO_RATE, 0.01),),
    ),
    StressScenario(
        "rates -100bp",
        "as rates +100bp, downward",
        (GroupMove(ShockLeaf.ZERO_RATE, -0.01),),
    ),
    StressScenario(
        "steepener 100bp",
        f"50 basis points down up to one year, 50 up from ten years; {_ROUND}",
        (GroupMove(ShockLeaf.ZERO_RATE, 0.0, by_tenor=((1.0, -0.005), (10.0, 0.005))),),
    ),
    StressScenario("vol +50%", f"every surface half as high again; {_ROUND}", (_VOL_UP_50,)),
    StressScenario(
        "equity -20%",
        "the fall that closes the US exchanges for the day (NYSE Rule 7.12, level 3)",
        (_EQUITY_DOWN_20,),
    ),
    StressScenario(
        "equity -40%",
        f"{_ROUND}; Solvency II sets 39 % for listed equity (Delegated Regulation (EU) 2015/35, Article 169)",
        (_EQUITY_DOWN_40,),
    ),
    StressScenario("USD +10%", f"the dollar against every other currency; {_ROUND}", (_DOLLAR_UP_10,)),
    StressScenario("credit spreads x2", f"every hazard rate doubled; {_ROUND}", (_SPREAD_DOUBLED,)),
    StressScenario(
        "trading costs x3",
        f"every bid-ask spread three times as wide, volumes halved; {_ROUND}",
        (GroupMove(ShockLeaf.HALF_SPREAD, 2.0), GroupMove(ShockLeaf.ADV, -0.5)),
    ),
    StressScenario(
        "combined crisis",
        f"equity -40 %, vol +50 %, spreads x2, rates -100 bp, dollar +10 % at once; {_ROUND}",
        (
            _EQUITY_DOWN_40,
            _VOL_UP_50,
            _SPREAD_DOUBLED,
            GroupMove(ShockLeaf.ZERO_RATE, -0.01),
            _DOLLAR_UP_10,
        ),
    ),
    StressScenario(
        "combined inflation",
        f"equity -20 %, rates +100 bp, vol +50 %, spreads x2; {_ROUND}",
        (_EQUITY_DOWN_20, GroupMove(ShockLeaf.ZERO_RATE, 0.01), _VOL_UP_50, _SPREAD_DOUBLED),
    ),
)
"""Moves of whole groups of factors, applied at once and in full."""

STRESS_LIBRARY: tuple[StressScenario, ...] = HISTORICAL_STRESSES + HYPOTHETICAL_STRESSES
"""All of them."""
