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
from stack.local import PROJECT
from tests.support.chart_values import CLAIM, FULL, INGRESS, PLAIN, SECRETS, every
from tests.support.compose import compose
from tests.support.helm import CHART, check, defaults, helm, helm_path, refusal, rendered, selects
from tests.support.nginx import TEMPLATE

helm_path()  # skips these tests where there is none
OLDEST, NEWEST = "1.30", "1.37"  # what Chart.yaml asks for, and what the validator knows


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
