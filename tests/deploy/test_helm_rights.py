"""What the chart's containers may do and know."""

import json

from stack.local import PROJECT
from tests.support.chart_values import SECRETS, every
from tests.support.helm import helm_path, rendered

helm_path()  # skips these tests where there is none


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
