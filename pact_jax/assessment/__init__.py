"""An assessment on the host: generators, named measures, limits, explanation, provenance."""

from ._compose import Answered as Answered
from ._compose import compose_report as compose_report
from ._findings import Findings as Findings
from ._findings import find as find
from ._generator import Generator as Generator
from ._generator import Historical as Historical
from ._generator import MonteCarlo as MonteCarlo
from ._generator import generate as generate
from ._generator import set_id as set_id
from ._leaves import explain as explain
from ._leaves import leaf_table as leaf_table
from ._leaves import with_units as with_units
from ._limits import first_alerts as first_alerts
from ._limits import review_limits as review_limits
from ._manifest import RunManifest as RunManifest
from ._manifest import hash_arrays as hash_arrays
from ._manifest import hash_snapshot as hash_snapshot
from ._manifest import make_manifest as make_manifest
from ._measures import level_name as level_name
from ._measures import measure_table as measure_table
from ._report import AssessmentReport as AssessmentReport
from ._report import Losses as Losses
from ._uncertainty import Uncertainty as Uncertainty
from ._uncertainty import measure_uncertainty as measure_uncertainty
from ._worst import worst_scenarios as worst_scenarios
