"""The chart, without a cluster: Helm renders it, and every document is held to Kubernetes' own schemas."""

import copy
import json
import shlex
import tarfile
import tomllib
from importlib.util import find_spec

import jsonschema
import pytest
import yaml

from shared.jobs.record import Stage
from shared.settings import Settings
from stack.local import PROJECT
from tests.support.compose import compose
from tests.support.helm import CHART, check, defaults, helm, helm_path, refusal, rendered, selects
from tests.support.nginx import TEMPLATE

helm_path()  # skips these tests where there is none
OLDEST, NEWEST = "1.30", "1.37"  # what Chart.yaml asks for, and what the validator knows
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


@every
def test_helm_finds_nothing_to_complain_of_and_every_document_is_one_of_kubernetes(values):
    linted = helm("lint", "--strict", str(CHART), values=values)
    assert linted.returncode == 0, linted.stdout
    release = rendered(values)
    assert len(release.documents) > 8
    for document in release.documents:
        for version in (OLDEST, NEWEST):
            check(document, version)
    names = [(each["kind"], each["metadata"]["name"]) for each in release.documents]
    assert len(names) == len(set(names))
    assert f">={OLDEST}.0-0" == yaml.safe_load((CHART / "Chart.yaml").read_text())["kubeVersion"]


@pytest.mark.parametrize(
    "kind", ["Deployment", "NetworkPolicy", "Ingress", "ScaledObject", "PodMonitor", "PrometheusRule", "HTTPRoute"]
)
def test_a_misspelt_field_is_found(kind):
    document = copy.deepcopy(next(iter(rendered(FULL).of(kind).values())))
    first = next(iter(document["spec"]))
    document["spec"][f"{first}s"] = document["spec"].pop(first)
    with pytest.raises(jsonschema.ValidationError):
        check(document, NEWEST)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("web.replicaz", 2),
        ("web.replicas", "two"),
        ("web.trustedProxy", "the ingress"),
        ("settings.RELIEF_RETENSION", 48),
        ("settings.RELIEF_ATTEMPTS", 0),
        ("settings.DEPTH_BACKEND", "tensorflow"),
        ("settings.RELIEF_NETWORK_TOKENS", 900),
        ("settings.RELIEF_DATA", "/elsewhere"),
        ("secrets.RELIEF_SECRET", "short"),
        ("secrets.REDIS_URL", "http://redis"),
        ("data.existingClaim", "beside-the-url"),
        ("workers.gpu", {}),
        ("workers.model.resources.limits.memory", "lots"),
        ("networkPolicy.redis.ports", []),
    ],
)
def test_a_value_that_is_none_of_the_charts_is_refused_by_its_name(path, value):
    values = copy.deepcopy(PLAIN)
    *parents, name = path.split(".")
    place = values
    for parent in parents:
        place = place.setdefault(parent, {})
    place[name] = value
    assert parents[0] in refusal(values)


@pytest.mark.parametrize(
    ("without", "told"),
    [
        ({"data": {}}, "data.url"),
        ({"secrets": {}}, "secrets.REDIS_URL"),
        ({"keda": {"enabled": True}}, "keda.prometheus"),
        ({"ingress": INGRESS}, "web.trustedProxy"),
        ({"gateway": {"parentRefs": [{"name": "public"}]}}, "web.trustedProxy"),
        ({"monitoring": {"enabled": True}}, "web.metricsFrom"),
        ({"workers": {"depthCpu": {"enabled": False}}}, "workers.depthGpu"),
    ],
)
def test_what_has_to_be_given_is_asked_for(without, told):
    assert told in refusal({**PLAIN, **without})


OWN = {
    "REDIS_URL",
    "RELIEF_SECRET",
    "RELIEF_DATA",
    "RELIEF_WEIGHTS",
    "RELIEF_THREADS",
    "RELIEF_BEHIND_PROXY",
    "RELIEF_HOSTS",
    "RELIEF_METRICS_FROM",
}


def schema_of_settings() -> dict[str, dict]:
    """The settings that values may have, with their limits, as pydantic tells them."""
    kept = ("type", "enum", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "pattern")
    found = {}
    for name, described in Settings.model_json_schema()["properties"].items():
        if name not in OWN:
            one = next((each for each in described.get("anyOf", []) if each["type"] != "null"), described)
            found[name] = {key: one[key] for key in kept if key in one}
    return found


def test_every_setting_can_be_given_or_is_the_charts_own():
    schema = json.loads((CHART / "values.schema.json").read_text())["properties"]["settings"]
    # After a change of shared/settings.py this is what belongs into values.schema.json.
    assert schema["properties"] == schema_of_settings(), json.dumps(schema_of_settings(), indent=2)
    given = set().union(*(rendered(PLAIN).environment(each) for _, each in rendered(PLAIN).containers()))
    assert given >= OWN
    text = (CHART / "values.yaml").read_text()
    assert all(name in text for name in OWN)


def test_settings_arrive_as_they_were_written():
    release = rendered(FULL)
    environment = release.environment(release.container("web", "web"))
    settings = Settings.model_validate({**SECRETS, **environment})
    assert (settings.all_waiting, settings.depth_batch_wait_ms, settings.webhook_private) == (1000000, 2.5, True)
    assert {"relief.example.org", "gate.example.org", "faces.example.org", "relief.faces.svc"} <= set(settings.hosts)
    assert [str(each) for each in settings.metrics_from] == ["10.244.0.0/16"]
    assert settings.behind_proxy
    assert environment["RELIEF_DATA"] == "s3://photos/relief"
    assert environment["AWS_ENDPOINT_URL_S3"] == "https://s3.example.org"
    many = rendered(OPEN)
    assert many.environment(many.container("model", "worker"))["REDIS_URL"] == SENTINELS
    proxy = release.environment(release.container("web", "proxy"))
    assert proxy["RELIEF_UPLOAD_MB"] == environment["RELIEF_UPLOAD_MB"]


def test_the_upload_limit_of_the_values_is_the_settings_own():
    assert defaults()["settings"]["RELIEF_UPLOAD_MB"] == Settings.model_fields["upload_mb"].default


@every
def test_no_secret_is_anywhere_but_in_a_secret(values):
    release = rendered(values)
    for document in release.documents:
        if document["kind"] != "Secret":
            assert [value for value in SECRETS.values() if value in json.dumps(document)] == []
    assert bool(release.of("Secret")) == ("existingSecret" not in values["secrets"])


@every
def test_a_container_has_the_secrets_that_it_needs_alone(values):
    keys = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} if "url" in values["data"] else set()
    worker = {"REDIS_URL"} | keys
    for component, container in rendered(values).containers():
        sources = [each["valueFrom"]["secretKeyRef"] for each in container.get("env", []) if "valueFrom" in each]
        expected = {"web": worker | {"RELIEF_SECRET"}, "worker": worker, "proxy": set(), "weights": set()}
        assert {each["key"] for each in sources} == expected[container["name"]], component
        assert {each["name"] for each in sources} <= {values["secrets"].get("existingSecret", "relief")}


@every
def test_no_container_can_write_to_its_image_or_gain_rights(values):
    release = rendered(values)
    for component, pod in release.pods().items():
        spec = pod["spec"]
        assert spec["automountServiceAccountToken"] is False and spec["enableServiceLinks"] is False
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec)
        security = spec["securityContext"]
        assert security["runAsNonRoot"] and security["seccompProfile"] == {"type": "RuntimeDefault"}
        assert f"--uid {security['runAsUser']}" in (PROJECT / "deploy/docker/web.Dockerfile").read_text(), component
        sources = [set(volume) - {"name"} for volume in spec["volumes"]]
        assert all(source <= {"emptyDir", "configMap", "persistentVolumeClaim"} for source in sources)
        assert all("sizeLimit" in each["emptyDir"] for each in spec["volumes"] if "emptyDir" in each)
    for component, container in release.containers():
        security = container["securityContext"]
        assert security["readOnlyRootFilesystem"] and not security["allowPrivilegeEscalation"], component
        assert security["capabilities"] == {"drop": ["ALL"]} and security.get("runAsUser") != 0
        assert "/tmp" in [mount["mountPath"] for mount in container["volumeMounts"]]
        assert container["resources"]["limits"]["memory"] and container["resources"]["requests"]["cpu"]


@every
def test_each_deployment_selects_its_own_pods_alone(values):
    release = rendered(values)
    labels = {name: pod["metadata"]["labels"] for name, pod in release.pods().items()}
    for deployment in release.of("Deployment").values():
        own = deployment["spec"]["template"]["metadata"]["labels"]
        assert [each for each in labels.values() if selects(deployment["spec"]["selector"], each)] == [own]


@every
def test_what_services_policies_and_monitors_choose_exists(values):
    release = rendered(values)
    labels = [pod["metadata"]["labels"] for pod in release.pods().values()]
    ports = {port["name"] for _, each in release.containers() for port in each.get("ports", [])}
    services = [each["spec"] for each in release.of("Service").values()]
    monitors = [each["spec"] for each in release.of("PodMonitor").values()]
    selectors = [{"matchLabels": each["selector"]} for each in services]
    selectors += [each["spec"]["podSelector"] for each in release.of("NetworkPolicy").values()]
    selectors += [each["spec"]["selector"] for each in release.of("PodDisruptionBudget").values()]
    assert all(any(selects(selector, each) for each in labels) for selector in selectors)
    [route] = release.of("HTTPRoute").values() or [None]
    assert not route or route["spec"]["rules"][0]["backendRefs"] == [{"name": "relief", "port": 80}]
    assert {port["targetPort"] for service in services for port in service["ports"]} == ports
    assert {each["port"] for monitor in monitors for each in monitor["podMetricsEndpoints"]} <= ports
    scalers = [*release.of("HorizontalPodAutoscaler").values(), *release.of("ScaledObject").values()]
    assert {each["spec"]["scaleTargetRef"]["name"] for each in scalers} <= set(release.of("Deployment"))


@every
def test_what_a_container_mounts_and_probes_exists(values):
    release = rendered(values)
    for component, container in release.containers():
        volumes = {volume["name"] for volume in release.pods()[component]["spec"]["volumes"]}
        assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
        probes = [each for name, each in container.items() if name.endswith("Probe")]
        assert bool(probes) == (container["name"] != "weights")
        for probe in probes:
            port = (probe.get("httpGet") or probe.get("tcpSocket") or {}).get("port")
            assert port is None or port in {each["name"] for each in container["ports"]}
            assert "exec" not in probe or find_spec(probe["exec"]["command"][2])


def test_a_claim_is_mounted_by_all_that_read_photos():
    release = rendered(CLAIM)
    for component, container in release.containers():
        mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
        assert ("/data" in mounts) == (container["name"] in ("web", "worker")), component
    web = release.environment(release.container("web", "web"))
    assert web["RELIEF_DATA"] == "/data" and "AWS_ENDPOINT_URL_S3" not in web


def test_only_the_gpu_pool_asks_for_a_gpu_and_may_run_where_one_is():
    values = {**PLAIN, "workers": {"depthGpu": {"enabled": True}}}
    release = rendered(values)
    holders = {name for name, each in release.containers() if "nvidia.com/gpu" in each["resources"]["limits"]}
    tolerant = {name for name, pod in release.pods().items() if pod["spec"].get("tolerations")}
    assert holders == tolerant == {"depth-gpu"}
    assert "nvidia.com/gpu" not in release.container("depth-gpu", "weights")["resources"]["limits"]
    assert "nvidia" not in json.dumps(rendered(PLAIN).pods())
    update = release.of("Deployment")["relief-depth-gpu"]["spec"]["strategy"]["rollingUpdate"]
    assert update == {"maxSurge": 0, "maxUnavailable": "25%"}  # there is no GPU for one more


def test_every_stage_has_one_pool_by_the_names_of_its_queues():
    release = rendered(PLAIN)
    queues = [release.container(name, "worker")["args"] for name in ("depth-cpu", "model")]
    assert all(option == "-Q" for option, _ in queues)
    assert sorted(",".join(names for _, names in queues).split(",")) == sorted(Stage)
    assert release.container("depth-cpu", "weights")["command"][-1] == "portrait"


def test_the_chart_and_compose_say_the_same():
    services, values, release = compose()["services"], defaults(), rendered(PLAIN)
    assert values["images"]["proxy"] == services["proxy"]["image"]
    proxy = release.container("web", "proxy")
    assert proxy["args"] == services["proxy"]["command"]
    assert {each["name"] for each in proxy["env"]} == set(services["proxy"]["environment"])
    assert f"{proxy['securityContext']['runAsUser']}:101" == services["proxy"]["user"]
    for name, found in (("web", "web"), ("depth", "depth-cpu"), ("model", "model")):
        spec, service = release.pods()[found]["spec"], services[name]
        limit = spec["containers"][0]["resources"]["limits"]["memory"]
        assert limit.replace("Gi", "g") == service["deploy"]["resources"]["limits"]["memory"]
        waits = spec["containers"][0].get("lifecycle", {"preStop": {"sleep": {"seconds": 0}}})["preStop"]["sleep"]
        left = spec["terminationGracePeriodSeconds"] - waits["seconds"]
        assert left >= int(service["stop_grace_period"].removesuffix("s"))


def test_the_ingress_passes_on_what_the_proxy_takes():
    [ingress] = rendered({**FULL, "ingress": INGRESS}).of("Ingress").values()
    nginx = {key.rpartition("/")[2]: value for key, value in ingress["metadata"]["annotations"].items()}
    assert nginx["proxy-body-size"] == f"{defaults()['settings']['RELIEF_UPLOAD_MB']}m"
    assert f"proxy_read_timeout {nginx['proxy-read-timeout']}s" in TEMPLATE.read_text()
    assert nginx["ssl-redirect"] == "true"
    [changed] = rendered(FULL).of("Ingress").values()
    assert changed["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-body-size"] == "30m"
    assert not rendered(PLAIN).of("Ingress")


def test_rules_and_dashboard_are_those_that_are_tested():
    rules = yaml.safe_load((PROJECT / "deploy" / "prometheus" / "relief.rules.yml").read_text())
    [rule] = rendered(FULL).of("PrometheusRule").values()
    assert rule["spec"] == rules
    assert rule["metadata"]["labels"]["release"] == "prometheus"
    dashboard = rendered(FULL).of("ConfigMap")["relief-dashboard"]
    assert json.loads(dashboard["data"]["relief.json"]) == json.loads(
        (PROJECT / "deploy/grafana/relief.json").read_text()
    )
    assert dashboard["metadata"]["labels"]["grafana_dashboard"] == "1"


def test_the_installation_of_the_documents_is_one():
    text = (PROJECT / "docs" / "kubernetes.md").read_text().replace("\\\n", "").replace("$R", "registry.example.org")
    for secret in SECRETS:
        assert f"--from-literal={secret}=" in text
    [line] = [line for line in text.splitlines() if line.startswith("helm install ")]
    _, _, name, chart, *options = shlex.split(line)
    done = helm("template", name, str(PROJECT / chart), *options)
    assert done.returncode == 0 and "host: relief.example.org" in done.stdout, done.stderr


def test_the_package_has_the_projects_version_and_the_proxys_configuration(tmp_path):
    version = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["version"]
    packaged = helm("package", str(CHART), "--destination", str(tmp_path))
    assert packaged.returncode == 0, packaged.stderr
    with tarfile.open(tmp_path / f"relief-{version}.tgz") as archive:
        kept = archive.extractfile("relief/files/nginx.conf.template")
        assert kept and kept.read() == TEMPLATE.read_bytes()
        chart = yaml.safe_load(archive.extractfile("relief/Chart.yaml") or b"")
    assert chart["appVersion"] == version
    assert rendered(PLAIN).container("web", "web")["image"] == f"relief-web:{version}"
    assert (
        rendered(FULL).container("depth-gpu", "worker")["image"] == "registry.example.org/faces/relief-worker-gpu:0.0.9"
    )
