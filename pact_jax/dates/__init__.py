"""Dates, resolved once on the host: day counts, calendars, tenors and schedules on NumPy arrays of days."""

from ._calendar import BusinessDayConvention as BusinessDayConvention
from ._calendar import Calendar as Calendar
from ._calendar import CalendarCode as CalendarCode
from ._calendar import calendar as calendar
from ._calendar import calendar_union as calendar_union
from ._calendar import custom_calendar as custom_calendar
from ._calendar import third_wednesday as third_wednesday
from ._daycount import DayCount as DayCount
from ._daycount import year_fraction as year_fraction
from ._days import DayArray as DayArray
from ._days import DayLike as DayLike
from ._days import add_months as add_months
from ._days import as_days as as_days
from ._days import end_of_month as end_of_month
from ._days import is_month_end as is_month_end
from ._schedule import RollRule as RollRule
from ._schedule import Schedule as Schedule
from ._schedule import StubRule as StubRule
from ._schedule import cds_schedule as cds_schedule
from ._schedule import imm_dates as imm_dates
from ._schedule import make_schedule as make_schedule
from ._tenor import Tenor as Tenor
from ._tenor import TenorUnit as TenorUnit
from ._tenor import add_tenor as add_tenor
