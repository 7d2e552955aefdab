//! The specification of kinds of statement, as tables of statements.

mod decomposed;
mod generated;
mod kinds;
mod opaque;
mod order;
mod robust;

use std::time::Duration;

use super::{Analysis, Kind, analyse};

const INTERVAL: Duration = Duration::from_secs(30);

fn analysed(sql: &str) -> Analysis {
    analyse(sql, INTERVAL, &[]).unwrap()
}

/// Each of `cases` is a statement and a piece of the reason why it is of `kind`.
fn all_are(kind: Kind, cases: &[(&str, &str)]) {
    for (sql, says) in cases {
        let analysis = analysed(sql);
        assert_eq!(analysis.kind, kind, "{sql}: {}", analysis.reason);
        assert!(analysis.reason.contains(says), "{sql}: {}", analysis.reason);
        assert!(analysis.reason.ends_with('.'), "{sql}: {}", analysis.reason);
        if kind != Kind::Buckets {
            assert_eq!(analysis.decomposed.is_some(), kind == Kind::Totals, "{sql}");
        }
    }
}
