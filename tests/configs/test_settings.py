"""Settings: the file, the environment above it, and errors that name a setting and never its value."""

from __future__ import annotations

import pytest

from configs.settings import ConfigurationError, load_settings


@pytest.fixture
def home(tmp_path, monkeypatch):
    for name in ("CLEANCLAIM_HOME", "CLEANCLAIM_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_a_home_without_a_file_has_the_defaults(home):
    settings = load_settings(home)
    assert settings.ledger_url == f"sqlite:///{home}/ledger.sqlite"
    assert settings.limits.days_without_999 == 1


def test_the_environment_wins_over_the_file(home, monkeypatch):
    (home / "cleanclaim.toml").write_text('[practice]\nnpi = "1"\nname = "FILE"\n', encoding="utf-8")
    monkeypatch.setenv("CLEANCLAIM_PRACTICE__NPI", "2")
    settings = load_settings(home)
    assert (settings.practice.npi, settings.practice.name) == ("2", "FILE")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('[practice]\nnmae = "SECRET"\n', "practice.nmae"),
        ('[limits]\ndays_without_999 = "SECRET"\n', "limits.days_without_999"),
        ('[partners.acme]\nhost = "SECRET"\n', "partners.acme"),
        ("practice = SECRET\n", "not valid TOML"),
    ],
)
def test_an_error_names_the_setting_and_not_its_value(home, text, named):
    (home / "cleanclaim.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=named) as wrong:
        load_settings(home)
    assert "SECRET" not in str(wrong.value)


def test_secrets_do_not_show_in_a_repr(home):
    (home / "cleanclaim.toml").write_text(
        'id_key = "SECRET"\n[practice]\ntax_id = "SECRET"\n', encoding="utf-8"
    )
    assert "SECRET" not in repr(load_settings(home))
