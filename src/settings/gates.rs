//! What the operator of Grafana allows data sources to do with AWS credentials (`[aws]` in Grafana's configuration).
//!
//! Grafana forwards these with each request, but only to plugins named in `[aws] forward_settings_to_plugins`; otherwise the
//! process environment speaks, else Grafana's documented defaults.

use std::{collections::HashMap, time::Duration};

const ALLOWED_PROVIDERS: &str = "AWS_AUTH_AllowedAuthProviders";
const ASSUME_ROLE_ENABLED: &str = "AWS_AUTH_AssumeRoleEnabled";
const EXTERNAL_ID: &str = "AWS_AUTH_EXTERNAL_ID";
const SESSION_DURATION: &str = "AWS_AUTH_SESSION_DURATION";

/// STS accepts sessions from 15 minutes to 12 hours; 15 minutes is what Grafana's AWS data sources use.
const SESSION_RANGE: std::ops::RangeInclusive<Duration> = Duration::from_mins(15)..=Duration::from_hours(12);

/// What Grafana's operator allows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Gates {
    /// Values of `authType` that may be used.
    pub allowed_providers: Vec<String>,
    /// Whether a role may be assumed.
    pub assume_role: bool,
    /// External id for roles whose settings name none.
    pub external_id: Option<String>,
    /// How long an assumed role's session lasts.
    pub session_duration: Duration,
}

impl Default for Gates {
    fn default() -> Self {
        Self {
            allowed_providers: ["default", "keys", "credentials"].map(str::to_owned).to_vec(),
            assume_role: true,
            external_id: None,
            session_duration: *SESSION_RANGE.start(),
        }
    }
}

impl Gates {
    /// Reads the gates from Grafana's forwarded configuration first, else from the environment.
    pub fn from_sources(
        grafana_config: &HashMap<String, String>,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let look_up = |key: &str| {
            grafana_config
                .get(key)
                .cloned()
                .or_else(|| environment(key))
                .map(|value| value.trim().to_owned())
                .filter(|value| !value.is_empty())
        };
        let defaults = Self::default();
        Self {
            allowed_providers: look_up(ALLOWED_PROVIDERS).map_or(defaults.allowed_providers, |list| {
                list.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
            }),
            assume_role: look_up(ASSUME_ROLE_ENABLED)
                .is_none_or(|value| matches!(value.to_ascii_lowercase().as_str(), "true" | "1" | "t")),
            external_id: look_up(EXTERNAL_ID),
            session_duration: look_up(SESSION_DURATION)
                .and_then(|value| crate::time::parse_interval(&value).ok())
                .map_or(defaults.session_duration, |duration| {
                    duration.clamp(*SESSION_RANGE.start(), *SESSION_RANGE.end())
                }),
        }
    }

    /// Whether `authType` may be `provider`; `ec2_iam_role` and `arn` are names of the default chain in older settings.
    #[must_use]
    pub fn allows(&self, provider: &str) -> bool {
        self.allowed_providers.iter().any(|allowed| allowed == provider)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gates(config: &[(&str, &str)], environment: &[(&str, &str)]) -> Gates {
        let map = |pairs: &[(&str, &str)]| -> HashMap<String, String> {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        let environment = map(environment);
        Gates::from_sources(&map(config), |key| environment.get(key).cloned())
    }

    #[test]
    fn grafana_speaks_before_the_environment() {
        let gates = gates(
            &[(ALLOWED_PROVIDERS, "keys, ec2_iam_role"), (SESSION_DURATION, "30m")],
            &[(ALLOWED_PROVIDERS, "default"), (ASSUME_ROLE_ENABLED, "false"), (EXTERNAL_ID, "x")],
        );
        assert_eq!(gates.allowed_providers, ["keys", "ec2_iam_role"]);
        assert!(!gates.assume_role);
        assert_eq!(gates.external_id.as_deref(), Some("x"));
        assert_eq!(gates.session_duration, Duration::from_mins(30));
    }

    #[test]
    fn nothing_said_means_the_documented_defaults() {
        assert_eq!(gates(&[], &[]), Gates::default());
        assert_eq!(gates(&[(ALLOWED_PROVIDERS, " ")], &[(SESSION_DURATION, "soon")]), Gates::default());
    }

    #[test]
    fn a_session_stays_within_what_sts_accepts() {
        assert_eq!(gates(&[(SESSION_DURATION, "1s")], &[]).session_duration, Duration::from_mins(15));
        assert_eq!(gates(&[(SESSION_DURATION, "3d")], &[]).session_duration, Duration::from_hours(12));
    }
}
