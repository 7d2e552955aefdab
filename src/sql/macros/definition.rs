//! The shape of one macro, and the errors that teach it: an entry in a leg's table is all that a macro needs.

use std::{fmt::Write as _, ops::RangeInclusive};

use crate::{
    error::Error,
    leg::Leg,
    sql::{
        dataset::Used,
        excerpt,
        macros::{Context, athena, portable, timestream},
    },
};

/// One macro of one leg.
#[derive(Debug)]
pub(super) struct Macro {
    /// Its name after `$__`.
    pub name: &'static str,
    /// What may be written after the name: `(column, interval[, format])`; empty when it takes nothing.
    pub parameters: &'static str,
    /// A use that works.
    pub example: &'static str,
    /// How many arguments it takes. None at all may be written with or without parentheses.
    pub arguments: RangeInclusive<usize>,
    /// What it stands for, which says where it expands.
    pub kind: Kind,
    /// What it expands to.
    pub expand: fn(&Call<'_>) -> Result<String, Wrong>,
}

/// Why a macro does not expand.
#[derive(Debug)]
pub(super) enum Wrong {
    /// How it is used: the rest of a sentence that the macro's name begins.
    Use(String),
    /// Something that has its own sentence.
    Other(Error),
}

impl From<String> for Wrong {
    fn from(reason: String) -> Self {
        Self::Use(reason)
    }
}

impl From<Error> for Wrong {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

/// What a macro stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A piece of SQL; expands only where SQL stands.
    Expression,
    /// A number or an interval; expands in quotes as well, as it is.
    Value,
    /// The name of a database, table, column or measure; expands in quotes as well, and is quoted where it must be.
    Name,
}

/// One use of a macro.
#[derive(Debug)]
pub(super) struct Call<'a> {
    /// What it expands from.
    pub context: &'a Context<'a>,
    /// What the statement uses.
    pub used: &'a Used,
    /// Its arguments, with macros in them expanded, comments dropped and blanks trimmed; never empty texts.
    pub arguments: Vec<String>,
}

impl Call<'_> {
    /// The argument at `index`, if it was given.
    pub fn argument(&self, index: usize) -> Option<&str> {
        self.arguments.get(index).map(String::as_str)
    }

    /// The argument at `index`, which the table says must be there.
    pub fn required(&self, index: usize) -> Result<&str, String> {
        self.argument(index).ok_or_else(|| format!("misses its argument {}", index + 1))
    }

    /// Grafana's interval in whole milliseconds, at least one.
    pub fn interval_millis(&self) -> u128 {
        self.context.interval.as_millis().max(1)
    }
}

/// `value`, if it says something; else the sentence `missing`.
pub(super) fn chosen(value: Option<&str>, missing: &str) -> Result<String, Wrong> {
    let chosen = value.map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned);
    chosen.ok_or_else(|| Wrong::Use(missing.to_owned()))
}

/// The macros of `leg` itself, in the order in which errors list them.
pub(super) fn native(leg: Leg) -> &'static [Macro] {
    match leg {
        Leg::Realtime => timestream::MACROS,
        Leg::Historical => athena::MACROS,
    }
}

/// The macros that a statement on `leg` may use. In one that reads a dataset the portable ones come first, so that it means
/// the same on both legs; in any other the leg's own do, so that a panel moved over keeps its meaning.
pub(super) fn known(leg: Leg, portable: bool) -> impl Iterator<Item = &'static Macro> {
    let (first, second) = if portable { (portable::MACROS, native(leg)) } else { (native(leg), portable::MACROS) };
    let hidden = move |definition: &Macro| {
        first.iter().any(|other| other.name == definition.name)
            // Grafana puts numbers there in dashboards: elsewhere they must not mean timestamps.
            || (!portable && ["from", "to"].contains(&definition.name))
    };
    first.iter().chain(second.iter().filter(move |definition| !hidden(definition)))
}

/// The macro `name` of a statement on `leg`.
pub(super) fn find(leg: Leg, portable: bool, name: &str) -> Option<&'static Macro> {
    known(leg, portable).find(|definition| definition.name == name)
}

impl Macro {
    /// What to say of a use that is wrong for `reason`, which continues a sentence that the macro's name begins.
    pub fn misused(&self, reason: &str) -> Error {
        let Self { name, parameters, example, .. } = self;
        let reason = reason.trim_end_matches('.');
        Error::bad_query(format!("$__{name} {reason}. Write $__{name}{parameters}, for example: {example}"))
    }

    /// What is wrong with `count` arguments, if anything is.
    pub fn wrong_count(&self, count: usize) -> Option<String> {
        if self.arguments.contains(&count) {
            return None;
        }
        let takes = match (*self.arguments.start(), *self.arguments.end()) {
            (0, 0) => "no arguments".to_owned(),
            (1, 1) => "one argument".to_owned(),
            (least, most) if least == most => format!("{least} arguments"),
            (0, most) => format!("at most {most} argument{}", if most == 1 { "" } else { "s" }),
            (least, most) => format!("{least} to {most} arguments"),
        };
        Some(format!("takes {takes}, and here it has {count}"))
    }
}

/// Variables that Grafana replaces in the browser and that the backend never sees, unless an alert rule uses them.
const GRAFANA_VARIABLES: [&str; 12] = [
    "from",
    "to",
    "range",
    "range_ms",
    "range_s",
    "rate_interval",
    "timezone",
    "dashboard",
    "org",
    "user",
    "name",
    "all",
];

/// What to say of `$__name`, which a statement on `leg` does not have.
pub(super) fn unknown(leg: Leg, portable: bool, name: &str) -> Error {
    let other = Leg::ALL.into_iter().find(|other| *other != leg);
    let mut message = format!("There is no macro $__{} on the {leg} leg ({}).", excerpt(name), leg.service());
    let variable = name.split(':').next().unwrap_or(name);
    if let Some(near) = known(leg, portable).find(|near| near.name.eq_ignore_ascii_case(name)) {
        let _infallible = write!(message, " Did you mean $__{}?", near.name);
    } else if let Some(other) = other.filter(|other| native(*other).iter().any(|theirs| theirs.name == name)) {
        let _infallible = write!(message, " It belongs to the {other} leg ({}).", other.service());
    } else if GRAFANA_VARIABLES.contains(&variable) {
        message.push_str(
            " It is a variable that Grafana replaces in dashboards only, not in alert rules: use a macro instead.",
        );
    }
    message.push_str(" The macros here are");
    for (index, known) in known(leg, portable).enumerate() {
        let _infallible =
            write!(message, "{} $__{}{}", if index == 0 { "" } else { "," }, known.name, known.parameters);
    }
    message.push('.');
    Error::bad_query(message)
}
