"""Settings come from the environment, and their documentation from them."""

from pathlib import Path

import pytest

from shared.errors import SettingsError
from shared.settings import Settings, WeightsSettings, documentation

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "settings.md"


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for field in Settings.model_fields.values():
        monkeypatch.delenv(field.alias, raising=False)
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:6379/0")
    monkeypatch.setenv("RELIEF_DATA", "data")


def test_settings_are_read_from_the_environment_and_have_defaults(monkeypatch):
    monkeypatch.setenv("DEPTH_BATCH_WAIT", "5")
    monkeypatch.setenv("RELIEF_BEHIND_PROXY", "true")
    settings = Settings.from_environment()
    assert (settings.redis_url, settings.data) == ("redis://127.0.0.1:6379/0", Path.cwd() / "data")
    assert (settings.depth_batch_wait_s, settings.behind_proxy) == (0.005, True)
    assert (settings.upload_mb, settings.secret, settings.depth_backend) == (20, None, "auto")


def test_an_error_names_every_wrong_or_missing_variable_and_no_other(monkeypatch):
    monkeypatch.delenv("REDIS_URL")
    monkeypatch.setenv("RELIEF_SECRET", "too short")
    monkeypatch.setenv("DEPTH_BACKEND", "tensorflow")
    with pytest.raises(SettingsError) as error:
        Settings.from_environment()
    message = str(error.value)
    named = {field.alias for field in Settings.model_fields.values() if f"{field.alias}: " in message}
    assert named == {"REDIS_URL", "RELIEF_SECRET", "DEPTH_BACKEND"}
    assert "too short" not in message


def test_an_empty_variable_is_one_that_is_not_set(monkeypatch):
    monkeypatch.setenv("RELIEF_SECRET", "")
    monkeypatch.setenv("RELIEF_WEIGHTS", "")
    assert Settings.from_environment().secret is None
    assert WeightsSettings.from_environment().weights == Path.home() / ".cache" / "relief" / "weights"


def test_lists_have_commas_between_and_what_is_no_host_or_network_is_refused(monkeypatch):
    monkeypatch.setenv("RELIEF_HOSTS", " Relief.example.org, .example.com,bücher.example,*")
    monkeypatch.setenv("RELIEF_METRICS_FROM", "10.0.0.0/8,192.0.2.7")
    settings = Settings.from_environment()
    assert settings.hosts == ("relief.example.org", ".example.com", "bücher.example", "*")
    assert [str(network) for network in settings.metrics_from] == ["10.0.0.0/8", "192.0.2.7/32"]
    for wrong in ("https://relief.example.org", "relief.example.org:80", "a b", "*.example.org", "a" * 64, ".", "a..b"):
        monkeypatch.setenv("RELIEF_HOSTS", f"localhost,{wrong}")
        with pytest.raises(SettingsError, match="RELIEF_HOSTS"):
            Settings.from_environment()
    monkeypatch.setenv("RELIEF_HOSTS", "")
    monkeypatch.setenv("RELIEF_METRICS_FROM", "10.0.0.0/99")
    with pytest.raises(SettingsError, match="RELIEF_METRICS_FROM"):
        Settings.from_environment()


def test_a_given_value_goes_before_the_environment():
    assert Settings(redis_url="redis://other", data=Path("/tmp")).redis_url == "redis://other"


def test_the_weights_folder_is_known_without_the_settings_of_a_server(monkeypatch):
    monkeypatch.delenv("REDIS_URL")
    monkeypatch.setenv("RELIEF_WEIGHTS", "~/networks")
    assert WeightsSettings.from_environment().weights == Path.home() / "networks"


def test_every_setting_is_documented_and_the_document_is_current():
    assert DOCUMENTATION.read_text() == documentation(), "run: python -m shared.settings > docs/settings.md"
    assert all(f"| `{field.alias}` |" in documentation() for field in Settings.model_fields.values())
