//! Reads one JSON object key by key, so that a misspelt key or a value of the wrong kind is answered by name.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// One object of the settings, and the keys asked of it so far.
pub(super) struct Section<'a> {
    path: String,
    map: Option<&'a Map<String, Value>>,
    known: Vec<&'static str>,
}

impl<'a> Section<'a> {
    /// The whole of `jsonData`; `null` counts as empty, since Grafana stores it so before the first save.
    pub fn root(value: &'a Value) -> Result<Self> {
        Self::new(String::new(), value)
    }

    fn new(path: String, value: &'a Value) -> Result<Self> {
        let map = match value {
            Value::Object(map) => Some(map),
            Value::Null => None,
            other => {
                let name = if path.is_empty() { "jsonData" } else { &path };
                return Err(Error::bad_settings(format!("Setting {name} must be an object, not {}.", kind(other))));
            }
        };
        Ok(Self { path, map, known: Vec::new() })
    }

    /// The name a person would look for, such as `historical.workgroup`.
    pub fn name(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn get(&mut self, key: &'static str) -> Option<&'a Value> {
        self.known.push(key);
        self.map?.get(key).filter(|value| !value.is_null())
    }

    fn wrong(&self, key: &str, wanted: &str, found: &Value) -> Error {
        Error::bad_settings(format!("Setting {} must be {wanted}, not {}.", self.name(key), kind(found)))
    }

    /// A nested object; an empty one when absent.
    pub fn section(&mut self, key: &'static str) -> Result<Section<'a>> {
        let path = self.name(key);
        Section::new(path, self.get(key).unwrap_or(&Value::Null))
    }

    /// A text; absent, null and blank are the same.
    pub fn text(&mut self, key: &'static str) -> Result<Option<String>> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim().to_owned())),
            Some(other) => Err(self.wrong(key, "a text", other)),
        }
    }

    /// A yes or no.
    pub fn boolean(&mut self, key: &'static str, default: bool) -> Result<bool> {
        match self.get(key) {
            None => Ok(default),
            Some(Value::Bool(value)) => Ok(*value),
            Some(other) => Err(self.wrong(key, "true or false", other)),
        }
    }

    /// A whole number within `allowed`; a text of digits counts, since environment variables expand to text.
    pub fn integer(&mut self, key: &'static str, default: u64, allowed: RangeInclusive<u64>) -> Result<u64> {
        let value = match self.get(key) {
            None => return Ok(default),
            Some(Value::Number(number)) => number.as_u64(),
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(other) => return Err(self.wrong(key, "a whole number", other)),
        };
        value.filter(|value| allowed.contains(value)).ok_or_else(|| {
            Error::bad_settings(format!(
                "Setting {} must be a whole number from {} to {}.",
                self.name(key),
                allowed.start(),
                allowed.end()
            ))
        })
    }

    /// Ends the reading: a key that nobody asked for is an error, unless Grafana itself writes it (`foreign`).
    pub fn finish(self, foreign: &[&str]) -> Result<()> {
        let Some(map) = self.map else { return Ok(()) };
        for key in map.keys() {
            if self.known.contains(&key.as_str()) || foreign.contains(&key.as_str()) {
                continue;
            }
            let near = self
                .known
                .iter()
                .map(|known| (strsim::damerau_levenshtein(&known.to_lowercase(), &key.to_lowercase()), known))
                .min()
                .filter(|(distance, _)| *distance <= 3)
                .map_or_else(String::new, |(_, known)| format!(" Did you mean {}?", self.name(known)));
            return Err(Error::bad_settings(format!(
                "Setting {} does not exist.{near} Allowed here: {}.",
                self.name(&shorten(key)),
                self.known.join(", ")
            )));
        }
        Ok(())
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a yes or no",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// At most 64 printable characters of something a person typed, fit for an error message.
pub(super) fn shorten(text: &str) -> String {
    let mut short: String = text.chars().filter(|c| !c.is_control()).take(64).collect();
    if text.chars().count() > 64 {
        short.push('…');
    }
    short
}
