//! Is every setting taken as it is written, and is every wrong one refused with what is right?

use std::ffi::OsString;
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::ffi::OsStringExt;

use toml::Value;

use super::environment::{keys, variable_of};
use super::{Config, ListenOption};

const EXAMPLE: &str = include_str!("../../../ximss-gateway.example.toml");

fn load(text: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let environment = environment.iter().map(|(k, v)| (OsString::from(k), OsString::from(v)));
    Config::load(Some(file.path()), environment)
        .map_err(|e| e.to_string().replace(&file.path().display().to_string(), "FILE"))
}

/// The lines of the example with their first mark taken off. Text has a space after its mark.
fn uncommented(text: &str) -> String {
    let line = |line: &str| match line.strip_prefix('#') {
        Some(setting) if !setting.is_empty() && !setting.starts_with(' ') => format!("{setting}\n"),
        Some(_) | None => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

#[test]
fn an_empty_file_gives_the_defaults() {
    assert_eq!(load("", &[]), Ok(Config::default()));
    assert_eq!(Config::default().check().map_err(|e| e.to_string()), Ok(()));
}

#[test]
fn what_is_shown_can_be_loaded_again() {
    let config = Config::default();
    assert_eq!(load(&config.to_toml(), &[]), Ok(config));
    let trunk = load(&uncommented(&uncommented(EXAMPLE)), &[]).unwrap();
    assert_eq!(load(&trunk.to_toml(), &[]), Ok(trunk));
}

#[test]
fn the_example_is_the_defaults_with_and_without_its_marks() {
    assert_eq!(load(EXAMPLE, &[]), Ok(Config::default()));
    assert_eq!(load(&uncommented(EXAMPLE), &[]), Ok(Config::default()));
}

#[test]
fn the_example_has_every_key_and_names_its_variable() {
    let example: Value = toml::from_str(&uncommented(EXAMPLE)).unwrap();
    for (key, default) in keys() {
        let value = key.split('.').try_fold(&example, |value, step| value.get(step));
        assert!(value.is_some(), "{key} is missing; its default is {default}");
        let variable = format!("# Environment: {}", variable_of(&key));
        let named = |line: &str| line == variable || line.starts_with(&format!("{variable}."));
        assert!(EXAMPLE.lines().any(named), "the variable of {key} is not named");
    }
}

#[test]
fn the_example_has_every_key_of_a_trunk() {
    let config = load(&uncommented(&uncommented(EXAMPLE)), &[]).unwrap();
    let Value::Table(all) = Value::try_from(config.sip.trunk.first().unwrap()).unwrap() else { panic!() };
    for key in all.keys() {
        assert!(EXAMPLE.contains(&format!("\n##{key} = ")), "{key} is missing");
    }
    let needed = load("[[sip.trunk]]\nname = \"carrier\"\nproxy = \"sip.example.org;transport=tcp\"\n", &[]);
    let mut expected = needed.unwrap();
    expected.sip.trunk[0].domains = vec!["example.org".to_owned()];
    assert_eq!(config, expected);
}

#[test]
fn every_variable_sets_its_key_over_the_file() {
    for (key, default) in keys() {
        let text = match &default {
            Value::Array(items) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","),
            Value::String(text) => text.clone(),
            Value::Integer(_)
            | Value::Float(_)
            | Value::Boolean(_)
            | Value::Datetime(_)
            | Value::Table(_) => default.to_string(),
        };
        assert_eq!(load("", &[(&variable_of(&key), &text)]), Ok(Config::default()), "{key}");
    }
    let environment = [
        ("XIMSS_SIP_ADVERTISE", "192.0.2.9"),
        ("XIMSS_LISTEN_HTTP", "127.0.0.1:1, 127.0.0.1:2"),
        ("XIMSS_LISTEN_HTTPS", ""),
        ("XIMSS_AUTH_CRAM_MD5", "true"),
        ("XIMSS_SESSION_PER_ACCOUNT", "3"),
        ("PATH", "/bin"),
    ];
    let config = load("[sip]\nadvertise = \"192.0.2.1\"\n", &environment).unwrap();
    assert_eq!(config.sip.advertise, "192.0.2.9".parse().ok());
    assert_eq!(config.listen.http.iter().map(SocketAddr::port).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(config.listen.https, []);
    assert!(config.auth.cram_md5);
    assert_eq!(config.session.per_account, 3);
}

#[test]
fn what_is_wrong_is_refused_with_its_line_and_what_is_allowed() {
    let wrong = [
        ("sip", "advertize = \"192.0.2.1\"", "unknown field `advertize`, expected one of `advertise`"),
        ("session", "per_account = \"many\"", "should be a whole number from 1 to 4294967295"),
        ("session", "per_account = 0", "0 should be a whole number from 1"),
        ("session", "detached = \"2 weeks\"", "\"2 weeks\" should be a number with ms, s, m, h or d"),
        ("session", "detached = 120", "integer `120`; it should be a number with ms, s, m, h or d"),
        ("session", "idle = \"0s\"", "should be longer than nothing"),
        ("sip", "max_expires = \"30s\"", "should be at least \"1m\""),
        ("limits", "upload = \"5GB\"", "\"5GB\" should be a number with B, KiB, MiB or GiB"),
        ("limits", "upload = \"0B\"", "should be more than nothing"),
        ("media", "ports = \"5-4\"", "should be a range of ports"),
        ("media", "threads = 300", "300 should be a whole number from 1 to 256, or 0"),
        ("media", "address = \"host\"", "\"host\" should be an IP address"),
        (
            "media",
            "advertise = \"example.org\"",
            "should be the IP address that others reach this machine at",
        ),
        ("sip", "advertise = \"0.0.0.0\"", "should be the IP address that others reach this machine at"),
        ("listen", "http = [\"localhost:80\"]", "\"localhost:80\" should be ADDRESS:PORT"),
        ("listen", "http = \"127.0.0.1:80\"", "it should be a list of ADDRESS:PORT"),
        ("auth", "cram_md5 = \"yes\"", "it should be true or false"),
        ("log", "format = \"xml\"", "expected `text` or `json`"),
        ("log", "level = \"loud\"", "should be one of off, error, warn, info, debug, trace, or a filter"),
        ("database", "url = \"mysql://x\"", "should be postgres://USER@HOST/NAME, or empty"),
        ("http", "allowed_origins = [\"*\"]", "should be https://HOST[:PORT], exactly"),
    ];
    for (section, line, expected) in wrong {
        let error = load(&format!("[{section}]\n\n{line}\n"), &[]).unwrap_err();
        assert!(error.starts_with("FILE: ") && error.contains("line 3"), "{error}");
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_wrong_trunk_is_refused_with_its_line_and_what_is_allowed() {
    let wrong = [
        ("name = \"\"\nproxy = \"b\"", "line 2", "\"\" should be a name for the log"),
        ("name = \"a\"", "line 1", "missing field `proxy`; it should be HOST[:PORT]"),
        ("name = \"a\"\nproxy = \"a b\"", "line 3", "\"a b\" should be HOST[:PORT][;transport=udp|tcp]"),
        ("name = \"a\"\nproxy = \"b\"\nsources = [\"c\"]", "line 4", "\"c\" should be an IP address"),
        ("name = \"a\"\nproxy = \"b\"\nport = 5", "line 4", "unknown field `port`, expected one of `name`"),
    ];
    for (text, line, expected) in wrong {
        let error = load(&format!("[[sip.trunk]]\n{text}\n"), &[]).unwrap_err();
        assert!(error.contains(line) && error.contains(expected), "{error}");
    }
}

#[test]
fn a_wrong_variable_is_named_with_what_is_allowed() {
    let wrong = [
        (
            "XIMSS_SIP_COLOUR",
            "red",
            "there are XIMSS_SIP_ADVERTISE, XIMSS_SIP_CALLS_PER_ACCOUNT, XIMSS_SIP_MAX_EXPIRES",
        ),
        (
            "XIMSS_SIP_TRUNK",
            "a",
            "there are XIMSS_SIP_ADVERTISE, XIMSS_SIP_CALLS_PER_ACCOUNT, XIMSS_SIP_MAX_EXPIRES",
        ),
        ("XIMSS_COLOUR", "red", "there are XIMSS_AUTH_…, XIMSS_BLOBS_…, XIMSS_DATA, XIMSS_DATABASE_…"),
        ("XIMSS_SESSION_PER_ACCOUNT", "many", "it should be a whole number from 1"),
        ("XIMSS_DATA", "", "should be a folder"),
    ];
    for (name, value, expected) in wrong {
        let error = load("", &[(name, value)]).unwrap_err();
        assert!(error.starts_with(&format!("the environment variable {name}")), "{error}");
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn bytes_that_are_no_text_matter_in_our_own_variables_only() {
    let load = |name: &str| {
        let value = OsString::from_vec(vec![0xff]);
        Config::load(None, [(OsString::from(name), value)].into_iter()).map_err(|e| e.to_string())
    };
    assert_eq!(load("OTHER"), Ok(Config::default()));
    assert_eq!(
        load("XIMSS_DATA"),
        Err("the environment variable XIMSS_DATA should be UTF-8 text".to_owned())
    );
}

#[test]
fn a_refused_database_url_is_not_repeated_for_it_may_hold_a_password() {
    let error = load("", &[("XIMSS_DATABASE_URL", "mysql://user:secret@host/name")]).unwrap_err();
    assert!(!error.contains("secret"), "{error}");
}

#[test]
fn listen_options_replace_their_kind_only() {
    let mut config = Config::default();
    let options = ["sip=127.0.0.1:5070", "sip=127.0.0.1:5071", "https=off"];
    config.listen_on(&options.map(|text| text.parse().unwrap()));
    assert_eq!(config.listen.sip.iter().map(SocketAddr::port).collect::<Vec<_>>(), [5070, 5071]);
    assert_eq!(config.listen.https, []);
    assert_eq!(config.listen.http, Config::default().listen.http);
    assert!("smtp=127.0.0.1:25".parse::<ListenOption>().unwrap_err().contains("http, https, admin"));
}

#[test]
fn what_cannot_work_together_is_refused_with_advice() {
    let check = |text: &str| load(text, &[]).unwrap().check().unwrap_err().to_string();
    let sip = check("[listen]\nsip = [\"0.0.0.0:5060\"]");
    assert!(sip.contains("sip.advertise must be set") && sip.contains("XIMSS_SIP_ADVERTISE"), "{sip}");
    assert!(check("[media]\naddress = \"0.0.0.0\"").contains("media.advertise must be set"));
    assert!(check("[tls]\nkey = \"k\"").contains("both or neither"));
    let few = check("[media]\nports = \"40001-40004\"\nthreads = 1");
    assert!(few.contains("1 media threads and one phone need 4 ports, from an even one on"), "{few}");
}

#[test]
fn variables_that_kubernetes_sets_for_a_service_are_passed_over() {
    let environment = [
        ("XIMSS_GATEWAY_SERVICE_HOST", "10.0.0.7"),
        ("XIMSS_GATEWAY_SERVICE_PORT", "8100"),
        ("XIMSS_GATEWAY_SERVICE_PORT_HTTP", "8100"),
        ("XIMSS_GATEWAY_PORT", "tcp://10.0.0.7:8100"),
        ("XIMSS_GATEWAY_PORT_8100_TCP", "tcp://10.0.0.7:8100"),
        ("XIMSS_GATEWAY_PORT_8100_TCP_PROTO", "tcp"),
        ("XIMSS_GATEWAY_PORT_8100_TCP_PORT", "8100"),
        ("XIMSS_GATEWAY_PORT_8100_TCP_ADDR", "10.0.0.7"),
        ("XIMSS_PORT", "udp://10.0.0.7:5060"),
        ("XIMSS_SESSION_PER_ACCOUNT", "3"),
    ];
    assert_eq!(load("", &environment).map(|config| config.session.per_account), Ok(3));
    for wrong in [("XIMSS_SIP_PORT", "5060"), ("XIMSS_GATEWAY_DATA", "/data"), ("XIMSS_PORT_X_TCP", "1")] {
        assert!(load("", &[wrong]).is_err(), "{wrong:?}");
    }
}

#[test]
fn the_password_of_the_database_is_not_shown() {
    let table = [
        ("postgres://gateway:secret@db:5432/x", "postgres://gateway:***@db:5432/x"),
        ("postgres://gateway:se@cret@db/x", "postgres://gateway:***@db/x"),
        (
            "postgres://gateway@db/x?password=secret&sslmode=require",
            "postgres://gateway@db/x?password=***&sslmode=require",
        ),
        ("postgres://gateway@db/x", "postgres://gateway@db/x"),
    ];
    for (url, shown) in table {
        let mut config = Config::default();
        config.database.url = url.to_owned();
        let text = config.without_password().to_toml();
        assert!(text.contains(&format!("url = \"{shown}\"")), "{text}");
        // But for the name of a key, which is no secret.
        assert!(!text.replace("secret_key_file", "").contains("cret"), "{text}");
    }
    assert_eq!(Config::default().without_password(), Config::default());
}
