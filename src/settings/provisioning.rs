//! The provisioning YAML that Grafana reads, read the same way, for the command line and for tests.
//!
//! Grafana expands `$NAME` and `${NAME}` in values from the environment, and `$$` to a dollar sign; so does this.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// The plugin's id, as data sources name it in `type`.
const PLUGIN_ID: &str = "switchboard-connect-datasource";

/// One data source of a provisioning file, environment expanded.
#[derive(Clone)]
pub struct Provisioned {
    /// Its name.
    pub name: String,
    /// Its uid, where given.
    pub uid: Option<String>,
    /// `jsonData`.
    pub json_data: Value,
    /// `secureJsonData`. Secrets: not to be shown.
    pub secure: HashMap<String, String>,
}

/// Picks a Switchboard data source out of a provisioning file: the one called `wanted` (name or uid), else the only one.
///
/// # Errors
///
/// The text is not YAML, has no Switchboard data source, or has several and `wanted` does not pick one.
pub fn from_provisioning(
    yaml: &str,
    wanted: Option<&str>,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<Provisioned> {
    let file: Value = serde_saphyr::from_str(yaml).map_err(|error| {
        // The first line says what and where; the rest quotes the file, which may hold secrets.
        let place =
            error.location().map_or_else(String::new, |at| format!(" at line {}, column {}", at.line(), at.column()));
        Error::bad_settings(format!("The provisioning file is not YAML{place}."))
    })?;
    let mut found: Vec<Provisioned> = Vec::new();
    for entry in file.get("datasources").and_then(Value::as_array).into_iter().flatten() {
        if entry.get("type").and_then(Value::as_str) == Some(PLUGIN_ID) {
            found.push(read_entry(entry, &environment)?);
        }
    }
    let names = found.iter().map(|entry| entry.name.clone()).collect::<Vec<_>>().join(", ");
    match wanted {
        Some(wanted) => found
            .into_iter()
            .find(|entry| entry.name == wanted || entry.uid.as_deref() == Some(wanted))
            .ok_or_else(|| {
                Error::bad_settings(format!(
                    "The provisioning file has no Switchboard data source called '{wanted}'; it has: {}.",
                    if names.is_empty() { "none" } else { &names }
                ))
            }),
        None if found.len() == 1 => Ok(found.swap_remove(0)),
        None if found.is_empty() => Err(Error::bad_settings(format!(
            "The provisioning file has no entry under datasources with type: {PLUGIN_ID}."
        ))),
        None => Err(Error::bad_settings(format!(
            "The provisioning file has several Switchboard data sources: name one of {names}."
        ))),
    }
}

fn read_entry(entry: &Value, environment: &impl Fn(&str) -> Option<String>) -> Result<Provisioned> {
    let text = |key: &str| entry.get(key).and_then(Value::as_str).map(|text| expand(text, environment));
    let name =
        text("name").ok_or_else(|| Error::bad_settings("A data source of the provisioning file has no name."))?;
    let mut secure = HashMap::new();
    if let Some(values) = entry.get("secureJsonData").and_then(Value::as_object) {
        for (key, value) in values {
            let value = match value {
                Value::String(text) => expand(text, environment),
                Value::Number(number) => number.to_string(),
                _ => {
                    return Err(Error::bad_settings(format!(
                        "secureJsonData.{key} of data source '{name}' must be a text."
                    )));
                }
            };
            secure.insert(key.clone(), value);
        }
    }
    let json_data = expand_all(entry.get("jsonData").unwrap_or(&Value::Null), environment);
    Ok(Provisioned { uid: text("uid"), name, json_data, secure })
}

fn expand_all(value: &Value, environment: &impl Fn(&str) -> Option<String>) -> Value {
    match value {
        Value::String(text) => Value::String(expand(text, environment)),
        Value::Array(items) => items.iter().map(|item| expand_all(item, environment)).collect(),
        Value::Object(map) => Value::Object(
            map.iter().map(|(key, item)| (key.clone(), expand_all(item, environment))).collect::<Map<_, _>>(),
        ),
        other => other.clone(),
    }
}

/// `$NAME` and `${NAME}` from the environment (empty when unset, as Grafana does), `$$` a dollar sign.
fn expand(text: &str, environment: &impl Fn(&str) -> Option<String>) -> String {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        expanded.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        if let Some(tail) = after.strip_prefix('$') {
            expanded.push('$');
            rest = tail;
        } else if let Some((name, tail)) = after.strip_prefix('{').and_then(|braced| braced.split_once('}')) {
            expanded.push_str(&environment(name).unwrap_or_default());
            rest = tail;
        } else {
            let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(after.len());
            if end == 0 {
                expanded.push('$');
            } else {
                expanded.push_str(&environment(&after[..end]).unwrap_or_default());
            }
            rest = &after[end..];
        }
    }
    expanded.push_str(rest);
    expanded
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "
apiVersion: 1
datasources:
  - name: Other
    type: prometheus
  - name: Switchboard
    uid: sb
    type: switchboard-connect-datasource
    jsonData:
      authType: keys
      limits: {maxRows: 10}
      historical: {workgroup: $GROUP, outputLocation: 's3://${BUCKET}/x$$y/'}
    secureJsonData:
      accessKey: ${KEY}
";

    fn environment(name: &str) -> Option<String> {
        Some(match name {
            "GROUP" => "wallboard".to_owned(),
            "BUCKET" => "results".to_owned(),
            "KEY" => "k$1".to_owned(),
            _ => return None,
        })
    }

    #[test]
    fn the_only_entry_is_picked_and_expanded_once() {
        let entry = from_provisioning(FILE, None, environment).unwrap();
        assert_eq!((entry.name.as_str(), entry.uid.as_deref()), ("Switchboard", Some("sb")));
        assert_eq!(entry.json_data["historical"]["workgroup"], "wallboard");
        assert_eq!(entry.json_data["historical"]["outputLocation"], "s3://results/x$y/");
        assert_eq!(entry.json_data["limits"]["maxRows"], 10);
        assert_eq!(entry.secure["accessKey"], "k$1", "an expanded value is not expanded again");
    }

    #[test]
    fn a_name_or_uid_picks_and_a_wrong_one_lists() {
        assert!(from_provisioning(FILE, Some("sb"), environment).is_ok());
        let error = from_provisioning(FILE, Some("Other"), environment).err().unwrap();
        assert!(error.message().contains("it has: Switchboard"), "{error}");
    }

    #[test]
    fn a_file_that_is_not_yaml_is_not_quoted() {
        let error = from_provisioning("datasources: [\n  secret: 'hunter2", None, environment).err().unwrap();
        assert!(error.message().contains("not YAML") && !error.message().contains("hunter2"), "{error}");
    }

    #[test]
    fn unset_names_are_empty_and_a_lone_dollar_stays() {
        assert_eq!(expand("a$UNSET-b$ c$", &environment), "a-b$ c$");
        assert_eq!(expand("${GROUP}${", &environment), "wallboard${");
    }
}
