//! How rows of slices follow each other.

use super::{Kind, analysed};
use crate::stitch::{Order, SortKey};

const LATEST_FIRST: Order = Order::Time { descending: true };
const EARLIEST_FIRST: Order = Order::Time { descending: false };

fn by<const N: usize>(keys: [(usize, bool); N]) -> Order {
    Order::Columns(
        keys.into_iter().map(|(column, descending)| SortKey { column, descending, nulls_first: false }).collect(),
    )
}

#[test]
fn rows_follow_each_other() {
    for (sql, order, limit) in [
        ("SELECT queue FROM $__dataset(contacts)", Order::Any, None),
        ("SELECT time, queue FROM $__dataset(contacts) ORDER BY time DESC LIMIT 50", LATEST_FIRST, Some(50)),
        ("SELECT time, queue FROM $__dataset(contacts) ORDER BY 1", EARLIEST_FIRST, None),
        ("SELECT time AS t, queue FROM $__dataset(contacts) ORDER BY t, 2 DESC", EARLIEST_FIRST, None),
        ("SELECT queue FROM $__dataset(contacts) ORDER BY time DESC NULLS FIRST LIMIT 0", LATEST_FIRST, Some(0)),
        (
            "SELECT queue FROM $__dataset(contacts) c ORDER BY c.time, wait FETCH FIRST ROW ONLY",
            EARLIEST_FIRST,
            Some(1),
        ),
        ("SELECT * FROM $__dataset(contacts) ORDER BY TIME DESC, queue FETCH NEXT 7 ROWS ONLY", LATEST_FIRST, Some(7)),
        ("SELECT time, * FROM $__dataset(contacts) ORDER BY 1", EARLIEST_FIRST, None),
        ("SELECT *, time FROM $__dataset(contacts) ORDER BY time", EARLIEST_FIRST, None),
        ("SELECT x AS time, queue FROM $__dataset(contacts) c ORDER BY c.time", EARLIEST_FIRST, None),
        // The alias hides the event time.
        ("SELECT x AS time, queue FROM $__dataset(contacts) ORDER BY time", by([(0, false)]), None),
        (
            "SELECT queue, wait FROM $__dataset(contacts) ORDER BY wait DESC, queue LIMIT 5",
            by([(1, true), (0, false)]),
            Some(5),
        ),
        ("SELECT queue AS q, wait FROM $__dataset(contacts) ORDER BY queue", by([(0, false)]), None),
        ("SELECT c.queue, wait FROM $__dataset(contacts) c ORDER BY queue, C.WAIT", by([(0, false), (1, false)]), None),
        ("SELECT upper(queue), wait FROM $__dataset(contacts) ORDER BY UPPER( queue )", by([(0, false)]), None),
        (
            "SELECT wait, date_trunc('hour', time) AS h FROM $__dataset(contacts) ORDER BY date_trunc('hour', time)",
            by([(1, false)]),
            None,
        ),
        ("SELECT \"Queue\" FROM $__dataset(contacts) ORDER BY queue", by([(0, false)]), None),
    ] {
        let analysis = analysed(sql);
        assert_eq!(analysis.kind, Kind::Rows, "{sql}: {}", analysis.reason);
        assert_eq!((analysis.concat.order, analysis.concat.limit), (order, limit), "{sql}");
    }
}

#[test]
fn buckets_follow_each_other() {
    for (sql, order) in [
        ("SELECT $__timeGroup(5m) AS time, count(*) FROM $__dataset(contacts) GROUP BY 1", Order::Any),
        (
            "SELECT $__timeGroup(5m) AS time, count(*) FROM $__dataset(contacts) GROUP BY 1 ORDER BY time DESC",
            LATEST_FIRST,
        ),
        ("SELECT count(*), $__timeGroup(5m) FROM $__dataset(contacts) GROUP BY 2 ORDER BY 2", EARLIEST_FIRST),
        (
            "SELECT $__timeGroup(5m) AS time, count(*) FROM $__dataset(contacts) GROUP BY 1 ORDER BY $__timeGroup(5m)",
            EARLIEST_FIRST,
        ),
        (
            "SELECT $__timeGroup(time, 5m) AS time, count(*) FROM $__dataset(contacts) GROUP BY 1 ORDER BY $__timeGroup(time, 5m), sum(x)",
            EARLIEST_FIRST,
        ),
        (
            "SELECT $__timeGroup(5m) AS t, count(*) AS n FROM $__dataset(contacts) GROUP BY 1 ORDER BY n DESC, t",
            by([(1, true), (0, false)]),
        ),
        (
            "SELECT $__timeGroup(5m) AS t, count(*) AS n FROM $__dataset(contacts) GROUP BY 1 ORDER BY COUNT(*)",
            by([(1, false)]),
        ),
        // Not the bucket that slices are cut between.
        (
            "SELECT $__timeGroup(5m) AS t, $__timeGroup(1h) AS h FROM $__dataset(contacts) GROUP BY 1, 2 ORDER BY h",
            by([(1, false)]),
        ),
    ] {
        let analysis = analysed(sql);
        assert_eq!(analysis.kind, Kind::Buckets, "{sql}: {}", analysis.reason);
        assert_eq!((analysis.concat.order, analysis.concat.limit), (order, None), "{sql}");
    }
}

#[test]
fn nulls_stand_where_they_are_told_to() {
    let analysis = analysed(
        "SELECT a, b, c FROM $__dataset(contacts) ORDER BY a NULLS FIRST, b DESC NULLS LAST, c DESC NULLS FIRST",
    );
    let key = |column, descending, nulls_first| SortKey { column, descending, nulls_first };
    let keys = vec![key(0, false, true), key(1, true, false), key(2, true, true)];
    assert_eq!(analysis.concat.order, Order::Columns(keys));
}

#[test]
fn an_order_that_is_not_surely_in_the_output_is_opaque() {
    for sql in [
        "SELECT queue FROM $__dataset(contacts) ORDER BY wait",
        "SELECT queue FROM $__dataset(contacts) ORDER BY 2",
        "SELECT * FROM $__dataset(contacts) ORDER BY 1",
        "SELECT *, queue FROM $__dataset(contacts) ORDER BY 2",
        "SELECT * FROM $__dataset(contacts) ORDER BY queue",
        "SELECT *, queue AS q FROM $__dataset(contacts) ORDER BY q",
        "SELECT *, x AS time FROM $__dataset(contacts) ORDER BY time",
        "SELECT a AS x, b AS x FROM $__dataset(contacts) ORDER BY x",
        "SELECT a AS time, time FROM $__dataset(contacts) ORDER BY time",
        "SELECT queue FROM $__dataset(contacts) ORDER BY wait + 1",
        // The aliases are meant, not the columns.
        "SELECT a AS b, b AS a, a + b FROM $__dataset(contacts) ORDER BY a + b",
        "SELECT agent.name, upper(name) FROM $__dataset(contacts) ORDER BY upper(name)",
        "SELECT x AS time, date_trunc('hour', time) FROM $__dataset(contacts) ORDER BY date_trunc('hour', time)",
        "SELECT enqueued AS time, $__timeGroup(5m) AS t, count(*) FROM $__dataset(contacts) GROUP BY 1, 2 ORDER BY $__timeGroup(5m)",
        "SELECT $__timeGroup(1h) AS time, count(*) FROM $__dataset(contacts) GROUP BY 1 ORDER BY $__timeGroup(5m)",
        "SELECT queue, sum(x) AS x FROM $__dataset(contacts) GROUP BY 1 ORDER BY sum(x)",
        "SELECT queue, count(*) FROM $__dataset(contacts) GROUP BY 1 ORDER BY sum(x)",
        "SELECT queue FROM $__dataset(contacts) GROUP BY queue, time ORDER BY time",
        "SELECT queue FROM $__dataset(contacts) ORDER BY queue COLLATE x",
        "SELECT queue FROM $__dataset(contacts) ORDER BY time, my_function(x)",
        "SELECT queue FROM $__dataset(contacts) ORDER BY ALL",
        "SELECT queue FROM $__dataset(contacts) ORDER BY -1",
    ] {
        let analysis = analysed(sql);
        assert_eq!(analysis.kind, Kind::Opaque, "{sql}: {:?}", analysis.concat);
    }
}
