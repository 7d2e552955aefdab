//! Counts every call, so that tests can prove how often a client polls, and throttles what exceeds an account's rates.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Mutex,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{api::Api, aws_error::AwsError, state::lock};

/// Calls remembered one by one.
const REMEMBERED: usize = 2000;

/// Athena's per-account calls a second, and its bursts.
const RATES: [(&str, f64, f64); 6] = [
    ("StartQueryExecution", 20.0, 80.0),
    ("StopQueryExecution", 20.0, 80.0),
    ("GetQueryExecution", 100.0, 200.0),
    ("GetQueryResults", 100.0, 200.0),
    ("BatchGetQueryExecution", 20.0, 40.0),
    ("ListQueryExecutions", 5.0, 10.0),
];

/// One finished call.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) at: DateTime<Utc>,
    pub(super) api: Api,
    pub(super) operation: &'static str,
    pub(super) region: String,
    pub(super) status: u16,
    /// The code of the error it was answered with.
    pub(super) error: Option<String>,
    /// The query, execution or object that it named or started.
    pub(super) subject: Option<String>,
}

#[derive(Debug, Default)]
struct Tally {
    count: u64,
    errors: u64,
    last_second: VecDeque<Instant>,
    max_per_second: usize,
}

#[derive(Debug)]
struct Allowance {
    calls: f64,
    refilled: Instant,
}

#[derive(Debug, Default)]
struct Inner {
    tallies: BTreeMap<(Api, &'static str, String), Tally>,
    recent: VecDeque<Call>,
    allowances: HashMap<&'static str, Allowance>,
}

/// The counts since the start, or since they were last reset.
#[derive(Debug)]
pub(super) struct Calls {
    enforce_rates: bool,
    inner: Mutex<Inner>,
}

impl Calls {
    pub(super) fn new(enforce_rates: bool) -> Self {
        Self { enforce_rates, inner: Mutex::default() }
    }

    /// Counts a call that has arrived.
    ///
    /// # Errors
    ///
    /// When rates are enforced and this call is over one.
    pub(super) fn arrived(&self, api: Api, operation: &'static str, region: &str) -> Result<(), AwsError> {
        let now = Instant::now();
        let mut inner = lock(&self.inner);
        let tally = inner.tallies.entry((api, operation, region.to_owned())).or_default();
        tally.count += 1;
        tally.last_second.push_back(now);
        while tally.last_second.front().is_some_and(|&at| now - at >= Duration::from_secs(1)) {
            tally.last_second.pop_front();
        }
        tally.max_per_second = tally.max_per_second.max(tally.last_second.len());
        if self.enforce_rates && api == Api::Athena && !inner.allow(operation, now) {
            return Err(AwsError::bad_request("ThrottlingException", "Rate exceeded"));
        }
        Ok(())
    }

    /// Remembers how a call ended.
    pub(super) fn finished(&self, call: Call) {
        let mut inner = lock(&self.inner);
        if call.status >= 400
            && let Some(tally) = inner.tallies.get_mut(&(call.api, call.operation, call.region.clone()))
        {
            tally.errors += 1;
        }
        if inner.recent.len() >= REMEMBERED {
            inner.recent.pop_front();
        }
        inner.recent.push_back(call);
    }

    /// Forgets everything counted.
    pub(super) fn reset(&self) {
        *lock(&self.inner) = Inner::default();
    }

    /// Counts by operation and region, and the last calls.
    pub(super) fn report(&self) -> Value {
        let inner = lock(&self.inner);
        let operations: Vec<Value> = inner
            .tallies
            .iter()
            .map(|((api, operation, region), tally)| {
                json!({
                    "service": api.name(),
                    "operation": operation,
                    "region": region,
                    "count": tally.count,
                    "errors": tally.errors,
                    "maxPerSecond": tally.max_per_second,
                })
            })
            .collect();
        let recent: Vec<Value> = inner
            .recent
            .iter()
            .map(|call| {
                json!({
                    "at": call.at.to_rfc3339(),
                    "service": call.api.name(),
                    "operation": call.operation,
                    "region": call.region,
                    "status": call.status,
                    "error": call.error,
                    "subject": call.subject,
                })
            })
            .collect();
        json!({"operations": operations, "recent": recent})
    }
}

impl Inner {
    /// Takes one call from the operation's allowance, which fills at its rate up to its burst.
    fn allow(&mut self, operation: &'static str, now: Instant) -> bool {
        let Some((_, rate, burst)) = RATES.iter().find(|(name, ..)| *name == operation) else { return true };
        let allowance = self.allowances.entry(operation).or_insert(Allowance { calls: *burst, refilled: now });
        let refill = (now - allowance.refilled).as_secs_f64() * rate;
        allowance.calls = (allowance.calls + refill).min(*burst);
        allowance.refilled = now;
        let allowed = allowance.calls >= 1.0;
        if allowed {
            allowance.calls -= 1.0;
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_by_operation_and_region() {
        let calls = Calls::new(false);
        for region in ["eu-west-2", "eu-west-2", "eu-west-1"] {
            calls.arrived(Api::Athena, "StopQueryExecution", region).unwrap();
        }
        let report = calls.report();
        let counts: Vec<_> = report["operations"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| (entry["region"].as_str().unwrap(), entry["count"].as_u64(), entry["maxPerSecond"].as_u64()))
            .collect();
        assert_eq!(counts, [("eu-west-1", Some(1), Some(1)), ("eu-west-2", Some(2), Some(2))]);
    }

    #[test]
    fn a_burst_over_the_rate_is_throttled() {
        let calls = Calls::new(true);
        let allowed =
            (0..60).filter(|_| calls.arrived(Api::Athena, "BatchGetQueryExecution", "eu-west-2").is_ok()).count();
        assert!((40..=42).contains(&allowed), "{allowed}");
        assert!(calls.arrived(Api::Athena, "GetWorkGroup", "eu-west-2").is_ok());
    }
}
