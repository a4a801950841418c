"""Values with which the chart is rendered, from what is needed to all that there is."""

import pytest

SECRETS = {
    "REDIS_URL": "redis://:a-password@redis.example.org:6379/0",
    "RELIEF_SECRET": "a-secret-that-signs-and-is-long-enough",
    "AWS_ACCESS_KEY_ID": "a-key-id",
    "AWS_SECRET_ACCESS_KEY": "a-key",
}
PLAIN = {"secrets": SECRETS, "data": {"url": "s3://photos/relief"}}
CLAIM = {"secrets": {"existingSecret": "mine"}, "data": {"existingClaim": "photos"}}
INGRESS = {"enabled": True, "hosts": ["relief.example.org"], "tlsSecret": "certificate"}
FULL = {
    "secrets": {"existingSecret": "mine"},
    "data": {"url": "s3://photos/relief", "endpoint": "https://s3.example.org", "region": "eu-north-1"},
    "images": {"registry": "registry.example.org/faces", "pullSecrets": ["login"], "gpu": {"tag": "0.0.9"}},
    "settings": {"RELIEF_ALL_WAITING": 1000000, "DEPTH_BATCH_WAIT": 2.5, "RELIEF_WEBHOOK_PRIVATE": True},
    "serviceAccount": {"annotations": {"cloud.example.org/role": "photos"}},
    "web": {
        "trustedProxy": "10.244.0.0/16",
        "metricsFrom": ["10.244.0.0/16"],
        "hosts": ["faces.example.org"],
        "autoscaling": {"enabled": True},
        "podAnnotations": {"a": "b"},
        "affinity": {"nodeAffinity": {}},
    },
    "workers": {"depthGpu": {"enabled": True, "runtimeClassName": "nvidia"}, "depthCpu": {"enabled": False}},
    "weights": {"models": ["portrait", "midas_v21_small_256"], "existingClaim": "weights"},
    "keda": {
        "enabled": True,
        "prometheus": "http://prometheus.monitoring.svc:9090",
        "authModes": "bearer",
        "authenticationRef": {"name": "prometheus"},
    },
    "ingress": {**INGRESS, "annotations": {"nginx.ingress.kubernetes.io/proxy-body-size": "30m"}},
    "gateway": {"parentRefs": [{"name": "public", "namespace": "gateways"}], "hosts": ["gate.example.org"]},
    "monitoring": {"enabled": True, "labels": {"release": "prometheus"}},
}
SENTINELS = "sentinel://:a-password@a.example.org:26379,b.example.org:26379/0?primary=relief&sentinel_password=other"
OPEN = {
    **PLAIN,
    "secrets": {**SECRETS, "REDIS_URL": SENTINELS},
    "networkPolicy": {"enabled": False},
    "workers": {"depthGpu": {"enabled": True}},
}
ALL = {"plain": PLAIN, "claim": CLAIM, "full": FULL, "open": OPEN}
every = pytest.mark.parametrize("values", ALL.values(), ids=ALL)
