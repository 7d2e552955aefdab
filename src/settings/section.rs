//! Reads one JSON object key by key, so that a misspelt key or a value of the wrong kind is answered by name.

use std::{ops::RangeInclusive, time::Duration};

use serde_json::{Map, Value};

use crate::{
    error::{Error, Result},
    time::{format_interval, parse_interval},
};

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

    /// The object called `path`.
    pub fn new(path: String, value: &'a Value) -> Result<Self> {
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

    /// Its own name; empty for the whole of `jsonData`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What `key` holds, whatever it is; null counts as absent.
    pub fn get(&mut self, key: &'static str) -> Option<&'a Value> {
        self.known.push(key);
        self.map?.get(key).filter(|value| !value.is_null())
    }

    /// What is wrong with `key`, as the rest of a sentence that its name begins.
    pub fn fault(&self, key: &str, fault: &str) -> Error {
        Error::bad_settings(format!("Setting {} {fault}", self.name(key)))
    }

    /// `key` holds something of another kind than `wanted`.
    pub fn wrong(&self, key: &str, wanted: &str, found: &Value) -> Error {
        Error::bad_settings(format!("Setting {} must be {wanted}, not {}.", self.name(key), kind(found)))
    }

    /// A nested object; an empty one when absent.
    pub fn section(&mut self, key: &'static str) -> Result<Section<'a>> {
        let path = self.name(key);
        Section::new(path, self.get(key).unwrap_or(&Value::Null))
    }

    /// A nested object; `None` when absent or false.
    pub fn section_unless_false(&mut self, key: &'static str) -> Result<Option<Section<'a>>> {
        match self.get(key) {
            None | Some(Value::Bool(false)) => Ok(None),
            Some(value @ Value::Object(_)) => Section::new(self.name(key), value).map(Some),
            Some(other) => Err(self.wrong(key, "an object or false", other)),
        }
    }

    /// A list; `None` when absent.
    pub fn list(&mut self, key: &'static str) -> Result<Option<&'a [Value]>> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Array(items)) => Ok(Some(items)),
            Some(other) => Err(self.wrong(key, "a list", other)),
        }
    }

    /// One of a few words, in any case; `None` when absent.
    pub fn choice<T: Copy>(&mut self, key: &'static str, choices: &[(&str, T)]) -> Result<Option<T>> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        if let Some((_, chosen)) = choices.iter().find(|(name, _)| name.eq_ignore_ascii_case(&text)) {
            return Ok(Some(*chosen));
        }
        let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
        Err(self.fault(key, &unknown_word(&text, &names)))
    }

    /// A length of time within `allowed`, in Grafana's units; `None` when absent. `0` needs no unit.
    pub fn duration(&mut self, key: &'static str, allowed: &RangeInclusive<Duration>) -> Result<Option<Duration>> {
        let text = match self.get(key) {
            None => return Ok(None),
            Some(Value::Number(number)) if number.as_u64() == Some(0) => "0",
            Some(Value::String(text)) if text.trim().is_empty() => return Ok(None),
            Some(Value::String(text)) => text.trim(),
            Some(other) => return Err(self.wrong(key, "a text such as 1h or 7d", other)),
        };
        let is_zero = text.strip_prefix('0').is_some_and(|unit| ["", "ms", "s", "m", "h", "d", "w"].contains(&unit));
        let duration = if is_zero {
            Duration::ZERO
        } else {
            parse_interval(text).map_err(|error| {
                self.fault(key, &format!("must be a duration such as 1h or 7d: {}", error.message()))
            })?
        };
        if allowed.contains(&duration) {
            return Ok(Some(duration));
        }
        let (least, most) = (written(*allowed.start()), written(*allowed.end()));
        Err(self.fault(key, &format!("must be from {least} to {most}, not '{}'.", shorten(text))))
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
    pub fn finish(&self, foreign: &[&str]) -> Result<()> {
        let Some(map) = self.map else { return Ok(()) };
        for key in map.keys() {
            if self.known.contains(&key.as_str()) || foreign.contains(&key.as_str()) {
                continue;
            }
            let near = nearest(key, &self.known)
                .map_or_else(String::new, |known| format!(" Did you mean {}?", self.name(known)));
            return Err(Error::bad_settings(format!(
                "Setting {} does not exist.{near} Allowed here: {}.",
                self.name(&shorten(key)),
                self.known.join(", ")
            )));
        }
        Ok(())
    }
}

/// The one of `known` that a person who typed `word` may have meant.
fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    // What is far longer than any known word is not measured: the distance takes time by both lengths.
    let word = shorten(word).to_lowercase();
    known
        .iter()
        .map(|known| (strsim::damerau_levenshtein(&known.to_lowercase(), &word), *known))
        .min()
        .filter(|(distance, known)| *distance <= 3 && *distance < known.chars().count())
        .map(|(_, known)| known)
}

/// That `word` is none of `known`, as the rest of a sentence.
pub(super) fn unknown_word(word: &str, known: &[&str]) -> String {
    let near = nearest(word, known).map_or_else(String::new, |known| format!(" Did you mean {known}?"));
    let allowed = match known {
        [start @ .., last] if !start.is_empty() => format!("{} or {last}", start.join(", ")),
        _ => known.concat(),
    };
    format!("must be {allowed}, not '{}'.{near}", shorten(word))
}

/// A length of time as a person writes it, none included.
pub(super) fn written(duration: Duration) -> String {
    if duration.is_zero() { "0s".to_owned() } else { format_interval(duration) }
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
