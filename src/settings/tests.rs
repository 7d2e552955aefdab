use std::{collections::HashMap, time::Duration};

use serde_json::json;

use super::{super::*, *};
use crate::error::ErrorKind;

fn from(json_data: &serde_json::Value) -> Result<Settings> {
    with_gates(json_data, &Gates::default())
}

fn with_gates(json_data: &serde_json::Value, gates: &Gates) -> Result<Settings> {
    let secure = HashMap::from([
        ("accessKey".to_owned(), "AKIAEXAMPLE".to_owned()),
        ("secretKey".to_owned(), "hunter2hunter2".to_owned()),
    ]);
    Settings::from_grafana(json_data.to_string().as_bytes(), &secure, gates)
}

#[test]
fn an_empty_jsondata_is_the_london_default() {
    for nothing in ["", "  ", "null", "{}"] {
        let settings = Settings::from_grafana(nothing.as_bytes(), &HashMap::new(), &Gates::default()).unwrap();
        assert_eq!(settings.realtime.region, "eu-west-1");
        assert_eq!(settings.historical.region, "eu-west-2");
        assert_eq!(settings.historical.catalog, "AwsDataCatalog");
        assert_eq!(settings.historical.workgroup, "primary");
        assert_eq!(settings.historical.result_reuse, Some(Duration::from_hours(1)));
        assert_eq!(settings.limits.max_rows, 1_000_000);
        assert_eq!(settings.limits.timeout, Duration::from_mins(2));
        assert_eq!(settings.auth.provider, AuthProvider::Default);
        assert!(settings.warnings.is_empty());
    }
}

#[test]
fn everything_set_is_read() {
    let settings = from(&json!({
        "authType": "keys", "assumeRoleArn": "arn:aws:iam::123456789012:role/grafana", "externalId": "both",
        "stsEndpoint": "http://127.0.0.1:4566/", "allowExecute": true,
        "realtime": {"region": "us-east-1", "endpoint": "http://127.0.0.1:4566", "database": "connect", "table": "contact_events",
            "measure": "event", "retention": "7d", "assumeRoleArn": "arn:aws:iam::123456789012:role/live", "externalId": "live"},
        "historical": {"region": "eu-west-2", "s3Endpoint": "http://127.0.0.1:4566", "workgroup": "wallboard", "database": "connect",
            "outputLocation": "s3://results/grafana/", "resultReuse": {"enabled": true, "maxAgeMinutes": "15"}},
        "limits": {"maxRows": 10, "timeoutSeconds": 5, "maxConcurrent": 3},
    }))
    .unwrap();
    assert!(matches!(settings.auth.provider, AuthProvider::Keys { .. }));
    assert_eq!(settings.auth.assume_role.unwrap().external_id.as_deref(), Some("both"));
    assert_eq!(settings.auth.sts_endpoint.as_deref(), Some("http://127.0.0.1:4566"));
    assert_eq!(settings.realtime.retention, Duration::from_hours(7 * 24));
    assert_eq!(settings.realtime.assume_role.unwrap().external_id.as_deref(), Some("live"));
    assert_eq!(settings.historical.result_reuse, Some(Duration::from_mins(15)), "a text of digits is a number");
    assert_eq!(settings.limits.max_concurrent, 3);
    assert!(settings.allow_execute);
}

#[test]
fn a_wrong_setting_is_named_with_what_is_allowed() {
    let cases = [
        (json!([]), "jsonData must be an object"),
        (json!({"authtype": "keys"}), "Did you mean authType?"),
        (json!({"authType": "sso"}), "default, keys, credentials or ec2_iam_role"),
        (json!({"authType": 7}), "authType must be a text, not a number"),
        (json!({"authType": "grafana_assume_role"}), "ec2_iam_role"),
        (json!({"authType": "ec2_iam_role"}), "allowed_auth_providers"),
        (json!({"secretKey": "hunter2"}), "secureJsonData"),
        (json!({"endpoint": "https://athena.example"}), "historical.endpoint"),
        (json!({"enableSecureSocksProxy": true}), "not supported"),
        (json!({"assumeRoleArn": "grafana"}), "arn:aws:iam::123456789012:role/grafana"),
        (json!({"assumeRoleArn": "arn:aws:iam::12:role/x"}), "assumeRoleArn"),
        (json!({"defaultRegion": "London"}), "defaultRegion must be an AWS region"),
        (json!({"stsEndpoint": "127.0.0.1"}), "stsEndpoint must be a URL"),
        (json!({"realtime": "eu-west-1"}), "realtime must be an object"),
        (json!({"realtime": {"region": "eu-west-2"}}), "nearest to London is eu-west-1"),
        (json!({"realtime": {"region": "eu-west-2.evil.example/"}}), "realtime.region must be an AWS region"),
        (json!({"realtime": {"regoin": "eu-west-1"}}), "Did you mean realtime.region?"),
        (json!({"realtime": {"retention": "a while"}}), "realtime.retention must be a duration"),
        (json!({"realtime": {"retention": "1s"}}), "realtime.retention must be from 1h"),
        (json!({"realtime": {"retention": 24}}), "realtime.retention must be a text"),
        (json!({"realtime": {"endpoint": "http://user:pw@host"}}), "realtime.endpoint must be a URL"),
        (json!({"realtime": {"endpoint": "ftp://host"}}), "realtime.endpoint must be a URL"),
        (json!({"realtime": {"enabled": "yes"}}), "realtime.enabled must be true or false"),
        (json!({"realtime": {"enabled": false}, "historical": {"enabled": false}}), "at least one leg"),
        (json!({"historical": {"workgroup": "a b"}}), "historical.workgroup must be"),
        (json!({"historical": {"outputLocation": "results"}}), "historical.outputLocation must be s3://"),
        (json!({"historical": {"outputLocation": "s3:///x"}}), "historical.outputLocation must be s3://"),
        (json!({"historical": {"resultReuse": true}}), "historical.resultReuse must be an object"),
        (json!({"historical": {"resultReuse": {"maxAgeMinutes": 10_081}}}), "from 0 to 10080"),
        (json!({"historical": {"resultReuse": {"maxAge": 5}}}), "historical.resultReuse.maxAge does not exist"),
        (json!({"historical": {"queryTimeout": 5}}), "historical.queryTimeout does not exist"),
        (json!({"limits": {"maxRows": 0}}), "limits.maxRows must be a whole number from 1"),
        (json!({"limits": {"maxRows": 1.5}}), "limits.maxRows must be a whole number"),
        (json!({"limits": {"timeoutSeconds": -1}}), "limits.timeoutSeconds must be"),
        (json!({"limits": {"timeoutSeconds": "soon"}}), "limits.timeoutSeconds must be"),
        (json!({"limits": {"maxConcurrent": []}}), "limits.maxConcurrent must be a whole number, not a list"),
    ];
    for (json_data, says) in cases {
        let error = from(&json_data).expect_err(&json_data.to_string());
        assert_eq!(error.kind(), ErrorKind::BadSettings, "{json_data}");
        assert!(error.message().contains(says), "{json_data} -> {error}");
        assert!(!error.message().contains("hunter2"), "{error}");
    }
}

#[test]
fn text_that_is_not_json_is_placed_but_not_quoted() {
    let error = Settings::from_grafana(b"{\"authType\": hunter2", &HashMap::new(), &Gates::default()).unwrap_err();
    assert!(error.message().contains("line 1, column 14") && !error.message().contains("hunter2"), "{error}");
}

#[test]
fn keys_must_be_complete() {
    let secure = HashMap::from([("accessKey".to_owned(), "AKIA".to_owned()), ("secretKey".to_owned(), " ".to_owned())]);
    let error = Settings::from_grafana(br#"{"authType":"keys"}"#, &secure, &Gates::default()).unwrap_err();
    assert_eq!(error.message(), "Setting authType is keys, but secureJsonData has no secretKey.");
}

#[test]
fn a_region_nobody_has_heard_of_is_only_warned_about() {
    let settings = from(&json!({"realtime": {"region": "eu-west-9"}, "historical": {"region": "eu-west-9"}})).unwrap();
    assert_eq!(settings.warnings.len(), 2, "{:?}", settings.warnings);
}

#[test]
fn a_leg_that_is_off_may_be_in_london() {
    assert!(from(&json!({"realtime": {"enabled": false, "region": "eu-west-2"}})).is_ok());
}

#[test]
fn roles_obey_the_operator() {
    let closed = Gates { assume_role: false, ..Gates::default() };
    let role = json!({"historical": {"assumeRoleArn": "arn:aws:iam::123456789012:role/x"}});
    assert!(with_gates(&role, &closed).unwrap_err().message().contains("assume_role_enabled"));
    let named = Gates { external_id: Some("operator".into()), ..Gates::default() };
    let settings = with_gates(&role, &named).unwrap();
    assert_eq!(settings.historical.assume_role.unwrap().external_id.as_deref(), Some("operator"));
}

#[test]
fn settings_never_print_a_secret() {
    let settings = from(&json!({"authType": "keys"})).unwrap();
    assert!(!format!("{settings:?}").contains("hunter2"));
    assert!(!format!("{settings:#?}").contains("AKIAEXAMPLE"));
}

#[test]
fn keys_that_grafana_writes_by_itself_are_let_through() {
    assert!(
        from(&json!({"pdcInjected": false, "oauthPassThru": true, "enableSecureSocksProxy": false, "endpoint": ""}))
            .is_ok()
    );
}
