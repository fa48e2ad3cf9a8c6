"""A snapshot small enough to read, with one position of every kind, as text the way a file gives it."""

import pandas as pd

SCALARS = {"portfolio_id": "small", "valuation_date": "2022-12-28", "reporting_currency": "USD", "capital": 1e6}


def _table(header: str, *rows: str) -> pd.DataFrame:
    cells = [row.split(",") for row in rows]
    frame = pd.DataFrame(cells, columns=header.split(","), dtype=object)
    return frame.set_axis(pd.RangeIndex(2, 2 + len(frame)))


def tables() -> dict[str, pd.DataFrame]:
    vols = [f"{s},{t},{k},0.2" for s in ("ACME", "FX:EUR") for t in (0.5, 1.0) for k in (-0.1, 0.0, 0.1)]
    return {
        "curves": _table("curve,tenor,zero_rate", "USD,1,0.04", "USD,5,0.04", "EUR,1,0.02", "EUR,5,0.02"),
        "currencies": _table("currency,fx,curve", "USD,1,USD", "EUR,1.1,EUR"),
        "assets": _table("asset,currency,spot", "ACME,USD,50", "BETA,EUR,20"),
        "vols": _table("surface,expiry,log_moneyness,implied_vol", *vols),
        "issuers": _table("issuer,rating,pd", "ISS,BBB,", "LOAN,,0.01", "BANK,A,"),
        "hazards": _table("issuer,tenor,hazard_rate", "ISS,1,0.01", "ISS,5,0.02"),
        "positions": _table(
            "position_id,desk,kind,quantity,asset,option_type,strike,maturity,currency,coupon,frequency,issuer,"
            "counterparty,outstanding,price",
            "P1,equity,stock,100,ACME,,,,,,,,,,50",
            "P2,equity,european_option,-5,ACME,put,45,2023-06-16,,,,,,,",
            "P3,equity,forward,10,BETA,,21,2023-06-16,,,,,,,",
            "P4,equity,future,2,ACME,,51,2023-06-16,,,,,,,",
            "P5,rates,bond,30,,,,2027-06-15,USD,0.05,2,ISS,,,",
            "P6,rates,bond,20,,,,2027-06-15,EUR,0.02,1,,,,98.5",
            "P7,lending,loan,1,,,,,USD,,,LOAN,,250000,",
            "P8,fx,fx_forward,1000,,,1.08,2023-06-16,EUR,,,,BANK,,",
            "P9,fx,fx_option,-1000,,call,1.1,2023-06-16,EUR,,,,BANK,,",
        ),
        "history": _table("date,spot:ACME,fx:EUR,zero:USD:1", "2022-12-27,49,1.09,0.041", "2022-12-28,50,1.1,0.04"),
        "credit_exposures": _table("counterparty,current_exposure,rating", "CLEARER,10000,A"),
        "cash_flows": _table("date,amount,category,desk", "2023-01-10,-5000,contractual_outflow,treasury"),
        "limits": _table("limit_id,measure,scope,limit", "L1,score,total,0.2", "L2,var_99,desk:equity,9000"),
    }
