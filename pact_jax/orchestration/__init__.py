"""Asynchronous composition of the agents: deadlines, breakers, standby bounds, audit before answer, and the bus."""

from ._admission import Busy as Busy
from ._agents import LossAgents as LossAgents
from ._alerting import ALERTS as ALERTS
from ._alerting import Alert as Alert
from ._boundary import call_agent as call_agent
from ._breaker import Breaker as Breaker
from ._breaker import BreakerRule as BreakerRule
from ._breaker import BreakerState as BreakerState
from ._breaker import Transition as Transition
from ._bus import Bus as Bus
from ._bus import BusFull as BusFull
from ._compose import AgentRun as AgentRun
from ._door import LoopThread as LoopThread
from ._orchestrator import DEFAULT_DEADLINE as DEFAULT_DEADLINE
from ._orchestrator import Orchestrator as Orchestrator
from ._outcome import Degraded as Degraded
from ._outcome import Failed as Failed
from ._outcome import FailureReason as FailureReason
from ._outcome import Ok as Ok
from ._pool import ComputePool as ComputePool
from ._stages import Options as Options
from ._subscription import Subscription as Subscription
from ._topic import Delivery as Delivery
from ._topic import Topic as Topic
from ._topic import TopicMetrics as TopicMetrics
