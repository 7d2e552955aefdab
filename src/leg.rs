//! The two legs of the data source. Everything that differs by engine is keyed by [`Leg`].

use std::fmt;

use serde::{Deserialize, Serialize};

/// One half of the data source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Leg {
    /// The last hours or days, held by Timestream.
    Realtime,
    /// Everything, held by Athena.
    Historical,
}

impl Leg {
    /// Both legs, real-time first.
    pub const ALL: [Self; 2] = [Self::Realtime, Self::Historical];

    /// The name used in settings, query JSON and metric labels.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Realtime => "realtime",
            Self::Historical => "historical",
        }
    }

    /// The AWS service behind the leg, as people call it.
    #[must_use]
    pub const fn service(self) -> &'static str {
        match self {
            Self::Realtime => "Timestream",
            Self::Historical => "Athena",
        }
    }
}

impl fmt::Display for Leg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
