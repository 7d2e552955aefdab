//! Statements as panels have them, generated piece by piece, each of which can be written for the panel and for the oracle.

use std::time::Duration;

use proptest::{collection::vec, option, prelude::*, sample::select};
use switchboard::time::Step;

use crate::{
    bucket::{self, Bucket},
    sql::{self, BUCKET, Side, Sql, both, same},
    tables::DATASET,
};

/// A column of the output.
#[derive(Debug, Clone)]
pub struct Item {
    pub sql: Sql,
    pub name: Option<String>,
    /// Whether the statement groups by it.
    pub is_key: bool,
}

/// One column to sort by.
#[derive(Debug, Clone, Copy)]
pub struct Sort {
    /// Its place in the output, from 0.
    pub column: usize,
    pub descending: bool,
    /// As it is written, if it is.
    pub nulls_first: Option<bool>,
    pub by: By,
}

/// How a column to sort by is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Place,
    /// Its name, where it has one.
    Name,
    Expression,
}

/// What of the answer is fixed, beside its rows.
#[derive(Debug, Clone, Default)]
pub struct Shape {
    pub order: Vec<Sort>,
    /// Columns that are not in the output, to sort by in the end; there is but one order then.
    pub hidden: Option<&'static str>,
    pub limit: Option<usize>,
}

/// A statement.
#[derive(Debug, Clone)]
pub struct Statement {
    /// Up to the order; `{source}`, `{from}` and `{to}` still in it.
    body: Sql,
    /// The output's columns; none where they are not known.
    items: Vec<Item>,
    pub shape: Shape,
    /// The bucket that the oracle is to work out.
    pub bucket: Option<Bucket>,
}

impl Statement {
    pub fn panel(&self) -> String {
        let body = self.body.of(Side::Panel).replace("{source}", &format!("$__dataset({DATASET})"));
        let limit = self.shape.limit.map(|limit| format!(" LIMIT {limit}")).unwrap_or_default();
        format!("{body}{}{limit}", self.order(Side::Panel))
    }

    /// What the oracle is asked: all rows, also where the panel limits them.
    pub fn oracle(&self, from: &str, to: &str) -> String {
        let body = self.body.of(Side::Oracle).replace("{source}", "connect.truth");
        format!("{body}{}", self.order(Side::Oracle))
            .replace("{from}", from)
            .replace("{to}", to)
            .replace("{interval}", &self.interval().as_millis().to_string())
    }

    pub fn interval(&self) -> Duration {
        self.bucket.as_ref().map_or(Duration::from_mins(1), |bucket| bucket.interval)
    }

    pub fn step(&self) -> Option<Step> {
        self.bucket.as_ref().map(|bucket| bucket.step)
    }

    fn order(&self, side: Side) -> String {
        let keys = self.shape.order.iter().map(|sort| {
            let written = self.items.get(sort.column).and_then(|item| match sort.by {
                By::Place => None,
                By::Name => item.name.clone(),
                By::Expression => Some(item.sql.of(side).to_owned()),
            });
            let column = written.unwrap_or_else(|| (sort.column + 1).to_string());
            let direction = if sort.descending { " DESC" } else { "" };
            let nulls = match sort.nulls_first {
                Some(true) => " NULLS FIRST",
                Some(false) => " NULLS LAST",
                None => "",
            };
            format!("{column}{direction}{nulls}")
        });
        let keys: Vec<_> = keys.chain(self.shape.hidden.map(str::to_owned)).collect();
        if keys.is_empty() { String::new() } else { format!(" ORDER BY {}", keys.join(", ")) }
    }
}

/// Pieces of one statement.
#[derive(Debug, Clone)]
struct Pieces {
    items: Vec<Item>,
    hidden_keys: Vec<Sql>,
    keys_by_place: bool,
    distinct: bool,
    condition: Option<Sql>,
    having: Option<Sql>,
    shape: Shape,
    bucket: Option<Bucket>,
}

impl Pieces {
    fn written(&self, side: Side) -> String {
        let item = |item: &Item| match &item.name {
            Some(name) => format!("{} AS {name}", item.sql.of(side)),
            None => item.sql.of(side).to_owned(),
        };
        let items: Vec<_> = self.items.iter().map(item).collect();
        let distinct = if self.distinct { "DISTINCT " } else { "" };
        let mut text = format!("SELECT {distinct}{} FROM {{source}}", items.join(", "));
        if let Some(condition) = &self.condition {
            text += " WHERE ";
            text += condition.of(side);
        }
        let keys = self.items.iter().enumerate().filter(|(_, item)| item.is_key).map(|(place, item)| {
            if self.keys_by_place { (place + 1).to_string() } else { item.sql.of(side).to_owned() }
        });
        let keys: Vec<_> = keys.chain(self.hidden_keys.iter().map(|key| key.of(side).to_owned())).collect();
        if !keys.is_empty() && !self.distinct {
            text += " GROUP BY ";
            text += &keys.join(", ");
        }
        if let Some(having) = &self.having {
            text += " HAVING ";
            text += having.of(side);
        }
        text
    }

    fn finish(mut self) -> Statement {
        let columns = self.items.len();
        self.shape.order.retain(|sort| sort.column < columns);
        let body = both(&self.written(Side::Panel), &self.written(Side::Oracle));
        Statement { body, items: self.items, shape: self.shape, bucket: self.bucket }
    }
}

/// What is made into an order of columns that there are.
type RawOrder = Vec<(f64, bool, Option<bool>, By)>;

fn order(most: usize) -> impl Strategy<Value = RawOrder> {
    let nulls = option::weighted(0.2, any::<bool>());
    vec((0.0..1.0, any::<bool>(), nulls, select(vec![By::Place, By::Name, By::Expression])), 0..=most)
}

fn sorts(raw: RawOrder, columns: usize) -> Vec<Sort> {
    let mut sorts: Vec<Sort> = Vec::new();
    for (part, descending, nulls_first, by) in raw {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            clippy::cast_sign_loss,
            reason = "few columns"
        )]
        let column = (part * columns as f64) as usize;
        if sorts.iter().all(|sort| sort.column != column) {
            sorts.push(Sort { column, descending, nulls_first, by });
        }
    }
    sorts
}

fn named(sqls: Vec<(Sql, bool)>, names: &[bool]) -> Vec<Item> {
    sqls.into_iter()
        .enumerate()
        .map(|(place, (sql, is_key))| {
            // A column of the oracle's own would lend its name to the output.
            let is_own =
                sql.panel != sql.oracle && sql.oracle.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            let name = (is_own || names.get(place).copied().unwrap_or(true)).then(|| format!("c{place}"));
            Item { sql, name, is_key }
        })
        .collect()
}

fn a_bucket() -> impl Strategy<Value = Bucket> {
    prop_oneof![3 => bucket::fixed().boxed(), 2 => bucket::calendar().boxed()]
}

/// Grouped by the time, as most panels are.
pub fn buckets() -> impl Strategy<Value = Statement> {
    let whole = prop_oneof![3 => Just(Vec::new()), 1 => vec(sql::whole_aggregate(), 1..3)];
    let names = vec(prop::bool::weighted(0.85), 8);
    let pieces = (vec(sql::key(), 0..3), vec(sql::aggregate(), 0..4), whole, names);
    let limit = option::weighted(0.1, 0..8_usize);
    let rest = (option::weighted(0.4, sql::condition()), option::weighted(0.15, sql::having()), order(2), limit);
    (a_bucket(), pieces, rest, any::<bool>(), (0..3_usize, 0..20_u8)).prop_map(
        |(bucket, (keys, aggregates, whole, names), (condition, having, raw, limit), keys_by_place, (turn, how))| {
            let time = (both(&bucket.sql, BUCKET), true);
            let mut sqls: Vec<_> = std::iter::once(time).chain(keys.into_iter().map(|key| (key, true))).collect();
            sqls.extend(aggregates.into_iter().chain(whole).map(|aggregate| (aggregate, false)));
            let turn = turn % sqls.len();
            sqls.rotate_left(turn);
            let time = (sqls.len() - turn) % sqls.len();
            let mut items = named(sqls, &names);
            if keys_by_place && let Some(item) = items.get_mut(time) {
                item.name = Some("time".to_owned());
            }
            let mut hidden_keys = Vec::new();
            match how {
                // Grouped by a time that is not shown, or that is worked on.
                0 if items.len() > 1 => hidden_keys.push(items.remove(time).sql),
                1 => {
                    let Sql { panel, oracle } = items[time].sql.clone();
                    let later = |time: &str| format!("date_add('hour', 1, {time})");
                    items[time].sql = both(&later(&panel), &later(&oracle));
                    items[time].name = Some("later".to_owned());
                }
                _ => {}
            }
            let mut order = sorts(raw, items.len());
            if order.len() == 1 && how > 1 {
                order.insert(
                    0,
                    Sort { column: time, descending: order[0].descending, nulls_first: None, by: By::Place },
                );
                order.dedup_by_key(|sort| sort.column);
            }
            let shape = Shape { limit: limit.filter(|_| !order.is_empty()), hidden: None, order };
            let bucket = Some(bucket);
            Pieces { items, hidden_keys, keys_by_place, distinct: false, condition, having, shape, bucket }.finish()
        },
    )
}

/// Aggregates over all the range, grouped by other columns or none.
pub fn totals() -> impl Strategy<Value = Statement> {
    let pieces =
        (vec(sql::key(), 0..3), vec(sql::aggregate(), 0..5), option::weighted(0.15, sql::key()), vec(any::<bool>(), 8));
    let rest = (option::weighted(0.4, sql::condition()), option::weighted(0.1, sql::having()), order(3));
    (pieces, rest, option::weighted(0.4, 0..5_usize), any::<bool>(), prop::bool::weighted(0.1)).prop_map(
        |((keys, mut aggregates, hidden, names), (condition, having, raw), limit, keys_by_place, distinct)| {
            let distinct = distinct && !keys.is_empty();
            if distinct {
                aggregates.clear();
            } else if aggregates.is_empty() && keys.is_empty() {
                aggregates.push(same("count(*)"));
            }
            let has_keys = !keys.is_empty();
            let mut sqls: Vec<_> = keys.into_iter().map(|key| (key, true)).collect();
            sqls.extend(aggregates.into_iter().map(|aggregate| (aggregate, false)));
            let items = named(sqls, &names);
            let order = sorts(raw, items.len());
            let shape = Shape { limit: limit.filter(|_| !order.is_empty()), hidden: None, order };
            let hidden_keys = hidden.into_iter().filter(|_| has_keys && !distinct).collect();
            let having = having.filter(|_| !distinct);
            Pieces { items, hidden_keys, keys_by_place, distinct, condition, having, shape, bucket: None }.finish()
        },
    )
}

/// Rows as they are.
pub fn rows() -> impl Strategy<Value = Statement> {
    let names = vec(any::<bool>(), 6);
    let rest = (option::weighted(0.5, sql::condition()), order(3), option::weighted(0.5, 0..12_usize));
    let hidden = select(vec!["time, contact", "time DESC, contact DESC", "contact", "wait DESC, contact"]);
    let hidden = (prop::bool::weighted(0.4), option::weighted(0.25, hidden));
    (vec(sql::value(), 1..6), names, option::weighted(0.2, a_bucket()), rest, hidden).prop_map(
        |(values, names, bucket, (condition, raw, limit), (is_total, hidden))| {
            let mut sqls: Vec<_> = values.into_iter().map(|value| (value, false)).collect();
            sqls.extend(bucket.as_ref().map(|bucket| (both(&bucket.sql, BUCKET), false)));
            let mut items = named(sqls, &names);
            let mut order = sorts(raw, items.len());
            if is_total {
                for column in ["time", "contact"] {
                    let descending = order.len().is_multiple_of(2);
                    order.push(Sort { column: items.len(), descending, nulls_first: None, by: By::Expression });
                    items.push(Item { sql: same(column), name: None, is_key: false });
                }
            }
            let hidden = hidden.filter(|_| !is_total);
            let shape = Shape { limit: limit.filter(|_| !order.is_empty() || hidden.is_some()), hidden, order };
            let hidden_keys = Vec::new();
            let having = None;
            Pieces { items, hidden_keys, keys_by_place: false, distinct: false, condition, having, shape, bucket }
                .finish()
        },
    )
}

/// Statements that one leg has to answer, or that only look like ones that two can.
pub fn opaque() -> impl Strategy<Value = Statement> {
    let texts = select(vec![
        (
            "SELECT contact, wait, row_number() OVER (PARTITION BY channel ORDER BY time, contact) AS place FROM {source}",
            3,
        ),
        ("SELECT channel, sum(count(*)) OVER (ORDER BY channel) AS running FROM {source} GROUP BY channel", 2),
        ("WITH base AS (SELECT queue, wait FROM {source}) SELECT queue, max(wait) AS longest FROM base GROUP BY 1", 2),
        ("SELECT queue FROM {source} WHERE flag UNION ALL SELECT channel FROM {source} WHERE NOT flag", 1),
        ("SELECT queue FROM {source} UNION SELECT channel FROM {source}", 1),
        ("SELECT count(*) AS n FROM (SELECT queue, count(*) AS c FROM {source} GROUP BY 1) WHERE c > 1", 1),
        ("SELECT n, count(*) AS queues FROM (SELECT queue, count(*) AS n FROM {source} GROUP BY queue) GROUP BY n", 2),
        ("SELECT contact, wait FROM {source} WHERE wait > (SELECT avg(wait) FROM {source})", 2),
        ("SELECT DISTINCT queue, wait FROM {source}", 2),
        ("SELECT queue, channel, count(*) AS n FROM {source} GROUP BY ROLLUP (queue, channel)", 3),
        ("SELECT queue, channel, sum(wait) AS n FROM {source} GROUP BY GROUPING SETS ((queue), (channel), ())", 3),
        ("SELECT count(DISTINCT contact) AS contacts, count(DISTINCT queue) AS queues FROM {source}", 2),
        ("SELECT channel, stddev_pop(score) AS spread FROM {source} GROUP BY 1", 2),
        ("SELECT a.contact, b.queue FROM {source} a JOIN {source} b ON a.contact = b.contact", 2),
        ("SELECT max(wait) - min(wait) AS spread, count(*) FROM {source} HAVING count(*) > 3", 2),
        ("SELECT s.queue, s.wait FROM {source} AS s WHERE s.wait IS NOT NULL", 2),
        ("SELECT s.channel, count(s.wait) AS n FROM {source} s GROUP BY s.channel", 2),
        ("SELECT * FROM {source}", 8),
        ("SELECT queue, channel, wait FROM (SELECT * FROM {source}) AS t WHERE wait > 3", 3),
        (
            "SELECT min_by(contact, time) AS first, max_by(contact, time) AS last FROM (SELECT * FROM {source} WHERE wait > 60)",
            2,
        ),
    ]);
    (texts, order(2), option::weighted(0.3, 0..6_usize)).prop_map(|((text, columns), raw, limit)| {
        // The oracle's table has more columns than the dataset.
        let star = "SELECT time, contact, queue, channel, wait, score, flag, answered, level FROM";
        let body = both(text, &text.replace("SELECT * FROM", star));
        let order = sorts(raw, columns);
        let order = order.into_iter().map(|sort| Sort { by: By::Place, ..sort }).collect();
        Statement { body, items: Vec::new(), shape: Shape { order, hidden: None, limit }, bucket: None }
    })
}
