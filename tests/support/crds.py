"""Custom resources that the chart may make: those of their fields that it uses, by their documented APIs.

kubernetes-validate knows what is in Kubernetes itself. Sources: https://keda.sh/docs/latest/reference/scaledobject-spec/,
https://keda.sh/docs/latest/scalers/prometheus/, https://prometheus-operator.dev/docs/api-reference/api/,
https://gateway-api.sigs.k8s.io/reference/spec/.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
DURATION: Schema = {"type": "string", "pattern": "^([0-9]+(ms|[smhdwy]))+$"}


def fields(required: tuple[str, ...] = (), **properties: Schema) -> Schema:
    """An object that has no other fields."""
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def several(item: Schema) -> Schema:
    return {"type": "array", "items": item, "minItems": 1}


def resource(api_version: str, kind: str, spec: Schema) -> Schema:
    known: Schema = {"apiVersion": {"const": api_version}, "kind": {"const": kind}, "spec": spec}
    metadata = fields(("name",), name=TEXT, labels={"type": "object", "additionalProperties": TEXT})
    return fields(("apiVersion", "kind", "metadata", "spec"), metadata=metadata, **known)


POLICY = fields(
    ("type", "value", "periodSeconds"), type={"enum": ["Pods", "Percent"]}, value=COUNT, periodSeconds=COUNT
)
SCALING = fields(
    stabilizationWindowSeconds={**COUNT, "maximum": 3600},
    policies=several(POLICY),
    selectPolicy={"enum": ["Max", "Min", "Disabled"]},
)
PROMETHEUS_TRIGGER = fields(
    ("type", "metadata"),
    type={"const": "prometheus"},
    name=TEXT,
    metricType={"enum": ["AverageValue", "Value"]},
    metadata=fields(  # all values are strings
        ("serverAddress", "query", "threshold"),
        serverAddress={"type": "string", "pattern": "^https?://"},
        query=TEXT,
        threshold={"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?$"},
        ignoreNullValues={"enum": ["true", "false"]},
        authModes=TEXT,
    ),
    authenticationRef=fields(("name",), name=TEXT, kind=TEXT),
)
SCALED_OBJECT = fields(
    ("scaleTargetRef", "triggers"),
    scaleTargetRef=fields(("name",), apiVersion=TEXT, kind=TEXT, name=TEXT),
    pollingInterval=COUNT,
    cooldownPeriod=COUNT,
    minReplicaCount=COUNT,
    maxReplicaCount=COUNT,
    advanced=fields(
        horizontalPodAutoscalerConfig=fields(name=TEXT, behavior=fields(scaleUp=SCALING, scaleDown=SCALING))
    ),
    triggers=several(PROMETHEUS_TRIGGER),
)
POD_MONITOR = fields(
    ("selector", "podMetricsEndpoints"),
    selector=fields(matchLabels={"type": "object", "additionalProperties": TEXT}),
    podMetricsEndpoints=several(fields(port=TEXT, path=TEXT, interval=DURATION)),
)
RULE = fields(
    ("expr",),
    alert=TEXT,
    record=TEXT,
    expr=TEXT,
    **{"for": DURATION},
    keep_firing_for=DURATION,
    labels={"type": "object", "additionalProperties": TEXT},
    annotations={"type": "object", "additionalProperties": TEXT},
)
RULES = fields(
    ("groups",), groups=several(fields(("name", "rules"), name=TEXT, interval=DURATION, rules=several(RULE)))
)

ROUTE = fields(
    ("parentRefs", "rules"),
    parentRefs=several(fields(("name",), name=TEXT, namespace=TEXT, sectionName=TEXT, port=COUNT)),
    hostnames=several(TEXT),
    rules=several(fields(backendRefs=several(fields(("name", "port"), name=TEXT, port=COUNT)))),
)

CUSTOM: dict[str, Schema] = {
    "ScaledObject": resource("keda.sh/v1alpha1", "ScaledObject", SCALED_OBJECT),
    "PodMonitor": resource("monitoring.coreos.com/v1", "PodMonitor", POD_MONITOR),
    "HTTPRoute": resource("gateway.networking.k8s.io/v1", "HTTPRoute", ROUTE),
    "PrometheusRule": resource("monitoring.coreos.com/v1", "PrometheusRule", RULES),
}
