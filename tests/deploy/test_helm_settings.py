"""The settings that the chart passes on."""

import json

from shared.settings import Settings
from tests.support.chart_values import FULL, OPEN, PLAIN, SECRETS, SENTINELS
from tests.support.helm import CHART, defaults, helm_path, rendered

helm_path()  # skips these tests where there is none


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
