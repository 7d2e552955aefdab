//! Who may call: one static key pair, and the temporary ones that AssumeRole hands out.

use std::{collections::HashMap, fmt, sync::Mutex};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{api::ACCOUNT, state::lock};

/// A key pair and what it stands for.
#[derive(Clone)]
pub(super) struct Identity {
    pub(super) secret_key: String,
    /// Temporary credentials only: the token that must come with them, and when they end.
    pub(super) session: Option<Session>,
    /// Who is calling, as `GetCallerIdentity` says.
    pub(super) arn: String,
}

/// The part that makes credentials temporary.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) token: String,
    pub(super) expires: DateTime<Utc>,
}

/// What AssumeRole answers.
pub(super) struct Issued {
    pub(super) access_key: String,
    pub(super) identity: Identity,
    pub(super) session: Session,
}

/// Every key pair that verifies.
pub(super) struct Credentials {
    known: Mutex<HashMap<String, Identity>>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Credentials").finish_non_exhaustive()
    }
}

impl Credentials {
    /// Starts with the static pair alone.
    pub(super) fn new(access_key: &str, secret_key: &str) -> Self {
        let identity = Identity {
            secret_key: secret_key.to_owned(),
            session: None,
            arn: format!("arn:aws:iam::{ACCOUNT}:user/sandbox"),
        };
        Self { known: Mutex::new(HashMap::from([(access_key.to_owned(), identity)])) }
    }

    /// The pair of an access key id.
    pub(super) fn find(&self, access_key: &str) -> Option<Identity> {
        lock(&self.known).get(access_key).cloned()
    }

    /// Issues a temporary pair for a role's session, good until `expires`.
    pub(super) fn issue(
        &self,
        role_arn: &str,
        session_name: &str,
        now: DateTime<Utc>,
        expires: DateTime<Utc>,
    ) -> Issued {
        let random = || Uuid::new_v4().simple().to_string();
        let access_key = format!("ASIA{}", random().to_uppercase().chars().take(16).collect::<String>());
        let session = Session { token: format!("{}{}{}", random(), random(), random()), expires };
        let role = role_arn.rsplit('/').next().unwrap_or_default();
        let identity = Identity {
            secret_key: format!("{}{}", random(), random().chars().take(8).collect::<String>()),
            session: Some(session.clone()),
            arn: format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session_name}"),
        };
        let mut known = lock(&self.known);
        // An expired pair answers ExpiredToken for a day, as a client that held on to it must see; then it is forgotten.
        known.retain(|_, identity| {
            identity.session.as_ref().is_none_or(|session| session.expires + chrono::Duration::days(1) > now)
        });
        known.insert(access_key.clone(), identity.clone());
        Issued { access_key, identity, session }
    }
}
