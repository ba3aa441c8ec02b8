"""What operators watch: Prometheus counters and gauges, one registry for each service."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Metrics:
    """The service's own measurements. Labels are few and fixed: never ids."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.verdicts = Counter(
            "moderator_verdicts", "Verdicts on comments by the policy", ["action"], registry=self.registry
        )
        self.decisions = Counter("moderator_decisions", "Decisions by people", ["action"], registry=self.registry)
        self.opinions = Counter(
            "moderator_second_opinions", "Second opinions on people's decisions", ["agreed"], registry=self.registry
        )
        self.undone = Counter("moderator_decisions_undone", "Decisions taken back", registry=self.registry)
        self.reports = Counter("moderator_reports", "Readers' reports", ["muted"], registry=self.registry)
        self.moderate_seconds = Histogram(
            "moderator_moderate_seconds",
            "From a decoded comment to its commit",
            buckets=SECONDS,
            registry=self.registry,
        )
        self.errors = Counter("moderator_unhandled_errors", "Unhandled errors", registry=self.registry)
        self.model_refused = Counter("moderator_model_refused", "Model versions refused", registry=self.registry)
        self.model = Gauge("moderator_model", "The model in use", ["version"], registry=self.registry)
        self.site_models = Gauge("moderator_site_models", "Sites with a model of their own", registry=self.registry)
        self.shadow_compared = Counter(
            "moderator_shadow_compared", "Comments also scored by a model on trial", registry=self.registry
        )
        self.shadow_dropped = Counter(
            "moderator_shadow_dropped", "Comments that a model on trial had no time for", registry=self.registry
        )
        self.queue_open = Gauge("moderator_queue_open", "Open cases", registry=self.registry)
        self.queue_claimed = Gauge("moderator_queue_claimed", "Open cases that somebody holds", registry=self.registry)
        self.queue_oldest_seconds = Gauge(
            "moderator_queue_oldest_seconds", "Age of the oldest open case", registry=self.registry
        )
        self.deliveries_waiting = Gauge(
            "moderator_deliveries_waiting", "Webhook deliveries waiting", registry=self.registry
        )
        self.drift = Gauge(
            "moderator_drift",
            "Distance of the newest watched day from the quiet ones before it, of the site farthest off",
            ["measure"],
            registry=self.registry,
        )
        self.audit_error_bound = Gauge(
            "moderator_audit_error_bound",
            "What the error rate of automatic verdicts is below with 95 % confidence, of the worst site",
            ["verdict"],
            registry=self.registry,
        )
        self.certificates = Gauge(
            "moderator_certificates",
            "Sites by what their automatic verdicts rest on",
            ["verdict", "standing"],
            registry=self.registry,
        )

    def set_model(self, version: str | None) -> None:
        """Say which model is in use; `none` when every comment is held."""
        self.model.clear()
        self.model.labels(version or "none").set(1)
