"""However a setting is malformed: exit code 2, its name, what is wrong, and no password on the screen or in the log."""

import json
import logging
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from paydesk import addresses, secrecy
from paydesk.cli import main
from paydesk.infra.core.role import Role
from paydesk.infra.diagnostics import checkup
from paydesk.infra.diagnostics.finding import Finding
from paydesk.settings import Endpoints
from paydesk.settings_file import SETTINGS, ConfiguredServers, SettingsError, look_at_settings, read_settings
from paydesk.waiting import said_by
from tests.pace import scaled

SECRET = "hush-Wq7%2Fzz"
HALF = "Wq7"
URLS = [name for name in SETTINGS if name.endswith("_url")]
SPOILT = {
    "leading blank": " {scheme}://u:{secret}@127.0.0.1:1/0",
    "leading line": "\n{scheme}://u:{secret}@127.0.0.1:1/0",
    "tab inside": "{scheme}://u:{secret}@127.0.0.1\t:1/0",
    "blank in the password": "{scheme}://u:a {secret}@127.0.0.1:1/0",
    "another scheme": "http://u:{secret}@127.0.0.1:1/0",
    "no scheme": "u:{secret}@127.0.0.1:1/0",
    "one slash": "{scheme}:/u:{secret}@127.0.0.1:1/0",
    "quoted": "'{scheme}://u:{secret}@127.0.0.1:1/0'",
    "port is a word": "{scheme}://u:{secret}@127.0.0.1:port/0",
    "port too large": "{scheme}://u:{secret}@127.0.0.1:99999/0",
    "port is 0": "{scheme}://u:{secret}@127.0.0.1:0/0",
    "slash in the password": "{scheme}://u:9/{secret}@127.0.0.1:1/0",
    "two slashes in the password": "{scheme}://u:x//{secret}@127.0.0.1:1/0",
    "bracket left open": "{scheme}://u:{secret}@[::1/0",
    "percent alone": "{scheme}://u:%{secret}@127.0.0.1:1/0",
    "percent and a word": "{scheme}://u:%zz{secret}@127.0.0.1:1/0",
    "percent and no character": "{scheme}://u:%FF{secret}@127.0.0.1:1/0",
    "percent and zeros": "{scheme}://u:%00{secret}@127.0.0.1:1/0",
    "unknown parameter": "{scheme}://u:{secret}@127.0.0.1:1/0?foo=1",
    "parameter without a value": "{scheme}://u:{secret}@127.0.0.1:1/0?foo",
    "nothing after the scheme": "{scheme}://",
    "the password alone": "{secret}",
}
COMMANDS = {
    "doctor": ("doctor",),
    "doctor --json": ("doctor", "--json"),
    "list": ("contractor", "list"),
    "list --json": ("manager", "list", "--json"),
    "request": ("contractor", "request", "1", "EUR", "logo"),
    "approve": ("manager", "approve", "PR-1"),
    "worker": ("manager", "worker"),
    "provision": ("stack", "provision"),
    "status": ("stack", "status"),
    "rebuild": ("rebuild", "contractor", "--yes"),
}


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the log file of a person's program, which runs in this process with no setting but the test's."""
    for name in [name for name in os.environ if name.startswith("PAYDESK_")]:
        monkeypatch.delenv(name)
    for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PAYDESK_HOME", str(tmp_path / "stack"))
    return main.log_file()


def scheme(name: str) -> str:
    return "postgresql" if "database" in name else "redis"


@pytest.mark.fault(kind="A secret of the settings stands in no message, log or traceback.", mended="addresses.py")
@pytest.mark.parametrize("name", URLS)
def test_a_malformed_address_is_named_and_its_password_is_nowhere(
    name: str, log: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    variable = f"PAYDESK_{name.upper()}"
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # Those of the test run: a program begins without any.
    for how, pattern in SPOILT.items():
        monkeypatch.setenv(variable, pattern.format(scheme=scheme(name), secret=SECRET))
        for command, arguments in COMMANDS.items():
            code = main.run(arguments)
            out, err = capsys.readouterr()
            assert code == (7 if command.startswith("doctor") else 2), (how, command, out, err)
            assert variable in out + err and "Traceback" not in out + err, (how, command, out, err)
            for half in (SECRET, HALF, "hush"):
                assert half not in out + err, (how, command, out, err)
    logging.getLogger("paydesk").error("as a library would", exc_info=ValueError(f"redis://u:{SECRET}@h {SECRET}"))
    assert log.exists() and HALF not in log.read_text() and "as a library would" in log.read_text()


@pytest.mark.fault(kind="A secret of the settings stands in no message, log or traceback.", mended="addresses.py")
@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("postgresql://u:p@h1:1,h2:2/db?target_session_attrs=read-write", ""),
        ("postgresql://u:pa%23s%2Fs%40@h/db", ""),
        ("postgresql://u:pa#ss@h/db", ""),
        ("postgres:///db?host=/run/x", ""),
        ("postgresql://u:p@h/db\r\n", ""),
        ("postgresql://u:p@ss@h/db", "%40"),
        ("postgresql://u:p@h1:1,h2:x/db", "port"),
        ("postgresql://u:p@h/db?sslmode=on", "verify-full"),
        ("postgresql://u:p@h/db?connect_timeout=soon", "connect_timeout"),
        ("host=h user=u password=p", "postgresql://"),
        ("postgresql://u:p%C3%A9@h/db", ""),
        ("postgresql://u:p%FF@h/db", "UTF-8"),
        ("postgresql://u%E9:p@h/db", "UTF-8"),
        ("postgresql://u:p@h/db?application_name=%C3%28", "UTF-8"),
        ("postgresql://u:p%00@h/db", "%00"),
    ],
)
def test_a_database_url_is_taken_as_it_is_meant_or_told(given: str, sentence: str) -> None:
    _, faults = look_at_settings({"PAYDESK_CONFIG": "/dev/null", "PAYDESK_CONTRACTOR_DATABASE_URL": given})
    assert [sentence in fault.message for fault in faults] == ([True] if sentence else [])


@pytest.mark.fault(kind="A secret of the settings stands in no message, log or traceback.", mended="addresses.py")
@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("redis://u:p@h:6379/0", ""),
        ("redis://h", ""),
        ("redis://[::1]:6379/0\n", ""),
        ("unix://u:p@/run/x.sock?db=0", ""),
        ("rediss://u:p@h/0?ssl_cert_reqs=none&ssl_ca_certs=/x", ""),
        ("127.0.0.1:6379", "redis://"),
        ("redis://u:p%C3%A9@h/0", ""),
        ("redis://u:p%FF@h/0", "UTF-8"),
        ("redis://u:p%00@h/0", "%00"),
        ("redis://h:abc", "port"),
        ("redis://u:p#w@h/0", "%23"),
        ("redis://u:p/w@h/0", "%2F"),
        ("redis://u:p?w@h/0", "%3F"),
        ("redis://h/zero", "database"),
        ("redis://h/0?ssl_cert_reqs=none", "rediss://"),
        ("rediss://h/0?ssl_cert_reqs=maybe", "ssl_cert_reqs"),
        ("redis://h/0?foo=1", "parameter"),
        ("redis://h/0?socket_timeout=900", "parameter"),
        ("redis://h/0?decode_responses=yes", "parameter"),
        ("redis://h?db=x", "db"),
    ],
)
def test_a_redis_url_is_taken_as_it_is_meant_or_told(given: str, sentence: str) -> None:
    _, faults = look_at_settings({"PAYDESK_CONFIG": "/dev/null", "PAYDESK_REDIS_URL": given})
    assert [sentence in fault.message for fault in faults] == ([True] if sentence else [])


@pytest.mark.fault(kind="A secret of the settings stands in no message, log or traceback.", mended="addresses.py")
@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("k1:9092,k2:9092", ""),
        ("[::1]:9092", ""),
        ("k", ""),
        ("k:abc", "port"),
        ("k:0", "port"),
        ("u:p@k:9092", "login"),
        ("k 1:9092", "host:port"),
        ("k1:9092,,k2", "host:port"),
        ("http//k:9092", "host:port"),
    ],
)
def test_addresses_of_kafka_are_taken_or_told(given: str, sentence: str) -> None:
    _, faults = look_at_settings({"PAYDESK_CONFIG": "/dev/null", "PAYDESK_KAFKA_BOOTSTRAP_SERVERS": given})
    assert [sentence in fault.message for fault in faults] == ([True] if sentence else [])


@pytest.mark.fault(
    kind="A settings file is read as UTF-8, and what cannot be taken is named with what there is.",
    mended="settings_file.py",
)
@pytest.mark.parametrize(
    ("content", "message", "hint"),
    [
        (b"foo = 1\n", "no setting foo", "There are contractor_database_url"),
        (b"zzz = 1\n", "no setting zzz", "[keys]"),
        (b"[settings]\nperson = 'ada'\n", "no setting settings", "There are"),
        (b"hold_second = 1\n", "no setting hold_second", "hold_seconds"),
        (b"theme = 'dusk'\n", "theme is read from the environment alone", "PAYDESK_THEME"),
        (b"ascii = 1\n", "ascii is read from the environment alone", "PAYDESK_ASCII"),
        (b"config = 'x'\n", "config is read from the environment alone", "PAYDESK_CONFIG"),
        ("person = 'ada'\nstack_name = 'Zürich'\n".encode("latin-1"), "not UTF-8: line 2, column 16", "UTF-8"),
        ("person = 'ada'\n".encode("utf-16"), "not UTF-8: line 1, column 1", "UTF-8"),
        (b"person = \n", "cannot be read", "Mend"),
        (b"person = ['a']\n", "PAYDESK_PERSON cannot be taken", "Mend"),
        (b"hold_seconds = 'x'\n", "PAYDESK_HOLD_SECONDS is not a whole number", "Mend"),
        (b"hold_seconds = true\n", "PAYDESK_HOLD_SECONDS is not a whole number", "Mend"),
        (b"idle_seconds = false\n", "PAYDESK_IDLE_SECONDS is not a whole number", "Mend"),
        (b"#" * 1_000_001, "is larger than 1 MB", "another file"),
    ],
)
def test_what_a_settings_file_says_wrong_is_named(tmp_path: Path, content: bytes, message: str, hint: str) -> None:
    file = tmp_path / "paydesk.toml"
    file.write_bytes(content)
    with pytest.raises(SettingsError) as refused:
        read_settings({"PAYDESK_CONFIG": str(file)})
    assert message in refused.value.message and hint in refused.value.hint


@pytest.mark.fault(
    kind="A settings file is read as UTF-8, and what cannot be taken is named with what there is.",
    mended="settings_file.py",
)
def test_a_byte_order_mark_is_taken_and_the_rest_of_a_file_with_a_fault_still_counts(tmp_path: Path) -> None:
    file = tmp_path / "paydesk.toml"
    file.write_bytes("\ufeffperson = 'Zoë'\r\nfoo = 1\r\n".encode())
    settings, faults = look_at_settings({"PAYDESK_CONFIG": str(file), "PAYDESK_REDIS_URL": "x"})
    assert settings.person == "Zoë" and settings.redis_url is None
    assert [fault.message.split()[0] for fault in faults] == ["There", "PAYDESK_REDIS_URL"]


SOUND = {
    "PAYDESK_CONTRACTOR_DATABASE_URL": "postgresql://c:p@127.0.0.1:1/d",
    "PAYDESK_MANAGER_DATABASE_URL": "postgresql://m:p@127.0.0.1:1/d",
    "PAYDESK_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
    "PAYDESK_REDIS_URL": "redis://127.0.0.1:1/0",
}


@pytest.mark.fault(
    kind="A malformed setting becomes a line of doctor in words, and every other check still runs.",
    mended="infra/diagnostics/finding.py",
)
@pytest.mark.parametrize(
    ("setting", "value", "named"),
    [
        ("PAYDESK_REDIS_URL", "127.0.0.1:6379", "PAYDESK_REDIS_URL"),
        ("PAYDESK_REDIS_URL", "redis://h:abc", "PAYDESK_REDIS_URL"),
        ("PAYDESK_MANAGER_DATABASE_URL", "postgresql://m:p@h1:1,h2:x/d", "PAYDESK_MANAGER_DATABASE_URL"),
        ("PAYDESK_KAFKA_BOOTSTRAP_SERVERS", "k:abc", "PAYDESK_KAFKA_BOOTSTRAP_SERVERS"),
        ("PAYDESK_KAFKA_CONFIG", "/nowhere/client.kafka", "/nowhere/client.kafka"),
        ("PAYDESK_HOLD_SECONDS", "soon", "PAYDESK_HOLD_SECONDS"),
        ("PAYDESK_REDDIS_URL", "redis://h", "PAYDESK_REDDIS_URL"),
    ],
)
def test_doctor_names_what_is_malformed_and_looks_at_all_the_rest(
    log: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    setting: str,
    value: str,
    named: str,
) -> None:
    looked: list[tuple[str, bool, bool, bool]] = []

    def look(role: Role, endpoints: Endpoints, **_: object) -> list[Finding]:
        looked.append(
            (role.name, bool(endpoints.database_url), endpoints.kafka is not None, endpoints.redis_url is not None)
        )
        return [Finding(f"{role.name} looked at", True, "")]

    monkeypatch.setattr(checkup, "check_role", look)
    for name, sound in (SOUND | {setting: value}).items():
        monkeypatch.setenv(name, sound)
    assert main.run(("doctor", "--json")) == 7
    findings = json.loads(capsys.readouterr().out)["findings"]
    wrong = [finding for finding in findings if not finding["ok"]]
    assert wrong and all(named in finding["seen"] for finding in wrong)
    without = {"REDIS_URL": (True, True, False), "SERVERS": (True, False, True), "CONFIG": (True, False, True)}
    end = setting.rpartition("_")[2] if "REDIS_URL" not in setting else "REDIS_URL"
    usual = without.get(end, (True, True, True))
    manager = (False, True, True) if setting.startswith("PAYDESK_MANAGER") else usual
    assert looked == [("contractor", *usual), ("manager", *manager)]


@pytest.mark.fault(
    kind="A file of passwords that everybody may read or change is refused with the command that mends it.",
    mended="addresses.py",
)
def test_a_file_whose_mode_nobody_can_change_is_told_by_doctor_and_not_refused(
    tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    toml, kafka = tmp_path / "paydesk.toml", tmp_path / "client.kafka"
    toml.write_text(f'manager_database_url = "{SOUND["PAYDESK_MANAGER_DATABASE_URL"]}"\n')
    kafka.write_text("sasl.password=hush-hush\n")
    for file in (toml, kafka):
        file.chmod(0o644)
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_flag=os.ST_RDONLY))  # As a container has it.
    assert read_settings({"PAYDESK_CONFIG": str(toml)}).of("manager").database_url is not None
    assert addresses.kafka_properties(kafka) == {"sasl.password": "hush-hush"}
    monkeypatch.setattr(checkup, "check_role", lambda *_, **__: [])
    monkeypatch.setenv("PAYDESK_CONFIG", str(toml))
    main.run(("doctor", "--json"))
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert [
        finding["ok"] for finding in findings if f"everybody on this machine can read {toml}" in finding["seen"]
    ] == [True]


@pytest.mark.fault(
    kind="A file of passwords that everybody may read or change is refused with the command that mends it.",
    mended="addresses.py",
)
@pytest.mark.parametrize(
    ("mode", "sentence"), [(0o600, ""), (0o640, ""), (0o660, ""), (0o644, "read"), (0o666, "change"), (0o602, "change")]
)
def test_a_file_of_passwords_that_everybody_may_read_is_refused(tmp_path: Path, mode: int, sentence: str) -> None:
    toml, kafka = tmp_path / "paydesk.toml", tmp_path / "client.kafka"
    toml.write_text(f'contractor_database_url = "postgresql://u:{SECRET}@h/d"\n')
    kafka.write_text("sasl.username=u\nsasl.password=hush-hush\n")

    def told_of(file: Path, look: Callable[[], object]) -> str:
        file.chmod(mode)
        try:
            look()
        except SettingsError as error:
            assert f"chmod 600 {file}" in error.hint and "holds passwords" in error.message
            return "change" if "others can change" in error.message else "read"
        return ""

    assert told_of(toml, lambda: read_settings({"PAYDESK_CONFIG": str(toml)})) == sentence
    assert told_of(kafka, lambda: addresses.kafka_properties(kafka)) == sentence


@pytest.mark.fault(
    kind="A file of passwords that everybody may read or change is refused with the command that mends it.",
    mended="addresses.py",
)
def test_a_file_without_a_password_may_be_read_by_everybody_and_changed_by_nobody_else(tmp_path: Path) -> None:
    file = tmp_path / "paydesk.toml"
    file.write_text("person = 'ada'\n")
    file.chmod(0o644)
    assert read_settings({"PAYDESK_CONFIG": str(file)}).person == "ada"
    file.chmod(0o646)
    with pytest.raises(SettingsError, match="others can change it"):
        read_settings({"PAYDESK_CONFIG": str(file)})


@pytest.mark.fault(
    kind="A file of passwords that everybody may read or change is refused with the command that mends it.",
    mended="addresses.py",
)
def test_compose_env_refuses_an_open_file_and_sets_the_modes_of_what_it_writes(
    tmp_path: Path, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(("stack", "compose-env", "--folder", str(tmp_path))) == 0
    for file in (tmp_path / ".compose").iterdir():
        file.chmod(0o640)
    (tmp_path / ".env").chmod(0o644)
    assert main.run(("stack", "compose-env", "--folder", str(tmp_path))) == 2
    assert f"chmod 600 {tmp_path / '.env'}" in capsys.readouterr().err
    (tmp_path / ".env").chmod(0o600)
    assert main.run(("stack", "compose-env", "--folder", str(tmp_path))) == 0
    assert {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / ".compose").iterdir()} == {0o600}


@pytest.mark.fault(
    kind="A Kafka settings file loads and runs nothing, and changes nothing on which a promise rests.",
    mended="addresses.py",
)
@pytest.mark.parametrize(
    "name",
    [
        "plugin.library.paths",
        "ssl.engine.location",
        "ssl.engine.id",
        "ssl.providers",
        "sasl.kerberos.kinit.cmd",
        "sasl.oauthbearer.method",
        "sasl.oauthbearer.config",
        "sasl.oauthbearer.token.endpoint.url",
        "enable.sasl.oauthbearer.unsecure.jwt",
        "error_cb",
        "acks",
        "enable.idempotence",
        "enable.auto.commit",
        "auto.offset.reset",
        "transactional.id",
    ],
)
def test_a_kafka_settings_file_with_what_may_not_be_set_is_refused_by_name(tmp_path: Path, name: str) -> None:
    file = tmp_path / "client.kafka"
    file.write_text(f"# own\nsecurity.protocol=SASL_SSL\n  {name} = /x.so\n")
    with pytest.raises(SettingsError, match=f"has {name}, which"):
        addresses.kafka_properties(file)


@pytest.mark.fault(
    kind="A Kafka settings file loads and runs nothing, and changes nothing on which a promise rests.",
    mended="addresses.py",
)
def test_a_line_of_a_kafka_settings_file_that_is_none_is_named_without_its_content(tmp_path: Path) -> None:
    file = tmp_path / "client.kafka"
    file.write_bytes("\ufeff# own\nsecurity.protocol=SSL\n".encode())
    assert addresses.kafka_properties(file) == {"security.protocol": "SSL"}
    file.write_text("sasl.password hush-hush\n")
    with pytest.raises(SettingsError) as refused:
        addresses.kafka_properties(file)
    assert "line 1 is not NAME=VALUE" in refused.value.message and "hush" not in refused.value.message


@pytest.mark.fault(kind="A secret of the settings stands in no message, log or traceback.", mended="addresses.py")
def test_a_secret_is_taken_out_of_what_a_library_says() -> None:
    secrecy.note(["pa/ss word!"])
    for text in (
        'invalid port number: "pa/ss word!"',
        "redis://me:x%y@h:1",
        "sasl.password = hush, next",
        "{'password': 'it\\'s', 'x': 1}",
        "pa%2Fss%20word%21 and pa%2Fss+word%21",
    ):
        hidden = secrecy.hide(text)
        assert secrecy.HIDDEN in hidden and not [
            part for part in ("pa/ss", "x%y", "hush", "it\\", "pa%2F") if part in hidden
        ]
    assert secrecy.hide("PostgreSQL does not answer at h:5432.") == "PostgreSQL does not answer at h:5432."


def test_half_a_configuration_is_still_refused(tmp_path: Path) -> None:
    settings = read_settings({"PAYDESK_CONFIG": "/dev/null", "PAYDESK_MANAGER_DATABASE_URL": "postgresql://m@h/d"})
    with pytest.raises(SettingsError, match="PAYDESK_KAFKA_BOOTSTRAP_SERVERS, PAYDESK_REDIS_URL"):
        ConfiguredServers(settings).endpoints("manager")


@pytest.mark.fault(kind="A secret of the settings stands in no message, log or traceback.", mended="secrecy.py")
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("at postgresql://u:pw@h/db: refused", "at postgresql://u:***@h/db: refused"),
        ("redis://:pw@h", "redis://:***@h"),
        ("'postgres://u:a@b/c:d#e@h/db'", "'postgres://u:***@h/db'"),
        ("url=postgresql://u:pw@h", "url=postgresql://u:***@h"),
        ("a:b/c://u:pw@h", "a:b/c://u:***@h"),
        ("sasl.password: 'a b' and more", "sasl.password: *** and more"),
        ("mail ada@example.com at 10:30", "mail ada@example.com at 10:30"),
        ("postgresql://u@h/db", "postgresql://u@h/db"),
    ],
)
def test_a_login_in_any_text_is_hidden_and_nothing_else(text: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrecy, "_noted", set())
    secrecy.note(["postgresql://", "redis:"])
    assert secrecy.hide(text) == shown


@pytest.mark.timeout(60)
@pytest.mark.parametrize("part", ["x", "a:", "a:/", ":@", "password='", "password ", "secret\\"])
@pytest.mark.parametrize("end", ["", "@", "'", "@h"])
def test_a_long_text_costs_no_more_than_its_length(part: str, end: str) -> None:
    """Tried with a million characters: a cost that grows with the square of the length would take hours."""
    assert secrecy.hide(part * (1_000_000 // len(part)) + end)


@pytest.mark.fault(
    kind="What waits says what it waits for after two seconds, and gives up with a sentence.", mended="waiting.py"
)
def test_settings_from_a_device_end_and_those_from_a_pipe_are_waited_for_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SettingsError, match="larger than 1 MB"):
        read_settings({"PAYDESK_CONFIG": "/dev/zero"})
    pipe, sentences, spoke = tmp_path / "pipe.toml", list[str](), threading.Event()
    os.mkfifo(pipe, 0o600)

    def write() -> None:
        assert spoke.wait(scaled(60))
        pipe.write_text("person = 'ada'\n")

    monkeypatch.setattr("paydesk.waiting.SAY_AFTER_S", 0.01)
    writing = threading.Thread(target=write)
    writing.start()
    with said_by(lambda sentence: (sentences.append(sentence), spoke.set())):
        assert read_settings({"PAYDESK_CONFIG": str(pipe)}).person == "ada"
    writing.join()
    assert sentences == [f"Waiting for the settings file {pipe} ..."]
