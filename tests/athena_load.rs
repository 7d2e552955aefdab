//! Many at once: a hundred panels stay within the account's quotas. In a process of its own, since it looks at the clock and
//! other tests would slow it down.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

#[path = "athena/sandbox.rs"]
#[expect(dead_code, reason = "shared with the tests of athena, which use more of it")]
mod sandbox;

use std::time::Duration;

use ::sandbox::wire::Options;
use chrono::{DateTime, Utc};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::sandbox::{Running, run};

/// Athena's quota of BatchGetQueryExecution calls a second.
const BATCH_QUOTA: u64 = 20;

fn instant(value: &Value) -> DateTime<Utc> {
    value.as_str().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_executions_stay_within_the_quota_and_are_noticed_soon() {
    let options = Options { run_delay: Duration::from_secs(3), enforce_rates: true, ..Options::default() };
    let sandbox = Running::start(options, None);
    sandbox.can("SELECT 7", &[("n", "integer")], json!([["7"]])).await;
    let athena = sandbox.athena(json!({})).await;

    let answers = join_all((0..100).map(|_| run(&athena, "SELECT 7"))).await;

    for answer in answers {
        assert_eq!(answer.unwrap().batch.num_rows(), 1);
    }
    let looks = sandbox.calls("BatchGetQueryExecution").await;
    assert_eq!(looks.errors, 0, "{looks:?}");
    assert!(looks.busiest_second <= BATCH_QUOTA, "{looks:?}");
    assert_eq!(sandbox.calls("GetQueryExecution").await.count, 0);

    let calls = sandbox.recent_calls().await;
    let mut late: Vec<_> = sandbox
        .executions()
        .await
        .iter()
        .map(|execution| {
            let read = calls
                .iter()
                .find(|call| call["operation"] == "GetQueryResults" && call["subject"] == execution["id"])
                .unwrap();
            (instant(&read["at"]) - instant(&execution["completed"])).num_milliseconds()
        })
        .collect();
    late.sort_unstable();
    println!(
        "noticed and read after: median {} ms, worst {} ms; {looks:?}",
        late[late.len() / 2],
        late[late.len() - 1]
    );
    assert!(late[late.len() / 2] < 500, "{late:?}");
}
