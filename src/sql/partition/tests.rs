//! The predicate against brute force: which partitions hold an hour of the range, asked of the text itself.

use std::{collections::HashMap, sync::LazyLock, time::Duration};

use chrono::{Datelike, Timelike};
use proptest::prelude::*;
use sqlparser::{
    ast::{BinaryOperator, Expr, Value},
    dialect::GenericDialect,
    parser::Parser,
};

use super::*;

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

fn columns(levels: usize, values: PartitionValues, zone: Tz, before: u64, after: u64) -> Partitions {
    let columns = ["year", "month", "day", "hour"].into_iter().take(levels).map(str::to_owned).collect();
    Partitions {
        style: PartitionStyle::Columns { columns, values, zone },
        arrival_lag_before: Duration::from_mins(before),
        arrival_lag_after: Duration::from_mins(after),
    }
}

/// A condition, read back from SQL.
enum Condition {
    And(Vec<Self>),
    Or(Vec<Self>),
    OneOf(String, Vec<String>),
    Between(String, String, String),
    Compares(bool),
}

impl Condition {
    fn parse(sql: &str) -> Self {
        Self::read(Parser::new(&GenericDialect {}).try_with_sql(sql).unwrap().parse_expr().unwrap())
    }

    fn read(expr: Expr) -> Self {
        let name = |expr: &Expr| match expr {
            Expr::Identifier(name) => name.value.clone(),
            other => panic!("{other}"),
        };
        // Numbers are told from text by their first letter.
        let value = |expr: &Expr| match expr {
            Expr::Value(value) => match &value.value {
                Value::Number(number, _) => format!("n{number:0>4}"),
                Value::SingleQuotedString(text) => format!("t{text}"),
                other => panic!("{other}"),
            },
            other => panic!("{other}"),
        };
        match expr {
            Expr::Nested(inner) => Self::read(*inner),
            Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
                Self::And(vec![Self::read(*left), Self::read(*right)])
            }
            Expr::BinaryOp { left, op: BinaryOperator::Or, right } => {
                let mut terms = match Self::read(*left) {
                    Self::Or(terms) => terms,
                    other => vec![other],
                };
                terms.push(Self::read(*right));
                Self::Or(terms)
            }
            Expr::BinaryOp { left, op: BinaryOperator::Eq, right } if matches!(*left, Expr::Value(_)) => {
                Self::Compares(value(&left) == value(&right))
            }
            Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => Self::OneOf(name(&left), vec![value(&right)]),
            Expr::InList { expr, list, negated: false } => Self::OneOf(name(&expr), list.iter().map(value).collect()),
            Expr::Between { expr, low, high, negated: false } => Self::Between(name(&expr), value(&low), value(&high)),
            other => panic!("{other}"),
        }
    }

    fn holds(&self, row: &HashMap<String, String>) -> bool {
        match self {
            Self::And(all) => all.iter().all(|one| one.holds(row)),
            Self::Or(any) => any.iter().any(|one| one.holds(row)),
            Self::OneOf(column, values) => values.contains(&row[column]),
            Self::Between(column, low, high) => (low..=high).contains(&&row[column]),
            Self::Compares(holds) => *holds,
        }
    }

    /// The longest OR, and whether every alternative in it stands alone.
    fn terms(&self) -> usize {
        match self {
            Self::And(all) => all.iter().map(Self::terms).max().unwrap_or(0),
            Self::Or(any) => any.len(),
            _ => 1,
        }
    }
}

/// The partition of an arrival, as its columns say it.
fn row(arrival: DateTime<Utc>, partitions: &Partitions) -> HashMap<String, String> {
    let (zone, names, values) = match &partitions.style {
        PartitionStyle::Columns { columns, values, zone } => (zone, columns.clone(), *values),
        PartitionStyle::Projection { column, zone, .. } => {
            let wall = arrival.with_timezone(zone);
            return HashMap::from([(column.clone(), format!("t{}", wall.format("%Y/%m/%d/%H")))]);
        }
    };
    let wall = arrival.with_timezone(zone);
    let parts = [u32::try_from(wall.year()).unwrap(), wall.month(), wall.day(), wall.hour()];
    let written = |value: u32| match values {
        PartitionValues::PaddedText => format!("t{value:02}"),
        PartitionValues::Text => format!("t{value}"),
        PartitionValues::Integer => format!("n{value:04}"),
    };
    names.into_iter().zip(parts.map(written)).collect()
}

#[test]
fn the_ends_of_months_and_years_are_covered() {
    use PartitionValues::{Integer, PaddedText, Text};
    let covers = |levels, values, from, to| {
        predicate(&columns(levels, values, Tz::UTC, 0, 0), TimeRange { from: at(from), to: at(to) })
    };
    for (levels, values, from, to, expected) in [
        (
            4,
            PaddedText,
            "2023-12-30T22:00:00Z",
            "2024-01-02T05:30:00Z",
            "((\"year\" = '2023' AND \"month\" = '12' AND \"day\" = '30' AND \"hour\" IN ('22', '23')) \
             OR (\"year\" = '2023' AND \"month\" = '12' AND \"day\" = '31') \
             OR (\"year\" = '2024' AND \"month\" = '01' AND \"day\" = '01') \
             OR (\"year\" = '2024' AND \"month\" = '01' AND \"day\" = '02' AND \"hour\" BETWEEN '00' AND '05')) \
             AND \"year\" IN ('2023', '2024') AND \"month\" IN ('01', '12') AND \"day\" IN ('01', '02', '30', '31')",
        ),
        (
            4,
            Text,
            "2024-01-31T22:00:00Z",
            "2024-02-01T04:00:00Z",
            "((\"year\" = '2024' AND \"month\" = '1' AND \"day\" = '31' AND \"hour\" IN ('22', '23')) \
             OR (\"year\" = '2024' AND \"month\" = '2' AND \"day\" = '1' AND \"hour\" IN ('0', '1', '2', '3'))) \
             AND \"year\" = '2024' AND \"month\" IN ('1', '2') AND \"day\" IN ('1', '31') \
             AND \"hour\" IN ('0', '1', '2', '3', '22', '23')",
        ),
        (4, Integer, "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z", "\"year\" = 2024 AND \"month\" = 2"),
        (4, Integer, "2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z", "\"year\" = 2024"),
        (
            3,
            Integer,
            "2024-02-28T10:00:00Z",
            "2024-02-28T11:00:00Z",
            "\"year\" = 2024 AND \"month\" = 2 AND \"day\" = 28",
        ),
        (1, Text, "1999-12-31T23:00:00Z", "2030-01-01T00:00:00Z", "\"year\" BETWEEN '1999' AND '2029'"),
        (4, Integer, "2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z", "1 = 0"),
    ] {
        assert_eq!(covers(levels, values, from, to), expected);
    }
}

#[test]
fn a_projected_column_is_one_range_of_its_format() {
    let projected = |format: &str| Partitions {
        style: PartitionStyle::Projection { column: "datehour".to_owned(), format: format.to_owned(), zone: Tz::UTC },
        arrival_lag_before: Duration::from_mins(15),
        arrival_lag_after: Duration::from_hours(24),
    };
    let range = TimeRange { from: at("2024-03-01T00:00:00Z"), to: at("2024-03-01T06:00:00Z") };
    for (format, expected) in [
        ("yyyy/MM/dd/HH", "\"datehour\" BETWEEN '2024/02/29/23' AND '2024/03/02/05'"),
        ("yyyy", "\"datehour\" = '2024'"),
        ("yyyy-MM-dd'T'HH", "\"datehour\" BETWEEN '2024-02-29T23' AND '2024-03-02T05'"),
    ] {
        assert_eq!(predicate(&projected(format), range), expected);
    }
}

#[test]
fn all_of_time_is_no_matter() {
    let ever = TimeRange { from: DateTime::<Utc>::MIN_UTC, to: DateTime::<Utc>::MAX_UTC };
    for levels in 1..=4 {
        let text = predicate(&columns(levels, PartitionValues::Text, Tz::Europe__London, 9, 9), ever);
        assert_eq!(text, "\"year\" BETWEEN '1000' AND '9999'");
    }
    let long = Partitions { arrival_lag_after: Duration::MAX, ..columns(4, PartitionValues::Integer, Tz::UTC, 1, 1) };
    assert!(predicate(&long, TimeRange { from: at("2024-05-05T00:00:00Z"), ..ever }).contains("9999"));
}

const HOUR: i64 = 3_600;

/// Hours around the range, and whether each holds an arrival that may belong to it.
fn hours(range: TimeRange, partitions: &Partitions) -> impl Iterator<Item = (DateTime<Utc>, bool)> {
    let from = range.from - partitions.arrival_lag_before;
    let to = range.to + partitions.arrival_lag_after;
    let start = (from.timestamp() - 30 * HOUR).div_euclid(HOUR);
    let end = (to.timestamp() + 30 * HOUR).div_euclid(HOUR);
    (start..end).map(move |hour| {
        let hour = DateTime::from_timestamp(hour * HOUR, 0).unwrap();
        (hour, hour < to && hour + Duration::from_hours(1) > from)
    })
}

/// Every hour from 1970 to beyond 2050, as year, month, day and hour.
static CELLS: LazyLock<Vec<[u32; 4]>> = LazyLock::new(|| {
    let cell = |hour: i64| {
        let at = DateTime::from_timestamp(hour * HOUR, 0).unwrap();
        [at.year().unsigned_abs(), at.month(), at.day(), at.hour()]
    };
    (0..720_000).map(cell).collect()
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]
    #[test]
    fn the_cover_is_what_brute_force_finds(
        from in 30_usize..690_000,
        // Short ranges are as interesting as long ones.
        length in prop_oneof![6 => 1_usize..60, 3 => 1_usize..2_000, 1 => 1_usize..800 * 24],
        levels in 1_usize..=4,
    ) {
        let (first, last) = (from, from + length - 1);
        let wall = |hour: usize| DateTime::from_timestamp(i64::try_from(hour).unwrap() * HOUR, 0).unwrap().naive_utc();
        let cover = Cover::new(wall(first), wall(last), levels);
        prop_assert!((1..=7).contains(&cover.terms.len()));
        let lists: Vec<_> = Level::ALL.into_iter().map(|level| (level.index(), cover.values(level))).collect();
        let (low, high) = (CELLS[first], CELLS[last]);
        for cell in &CELLS[first - 30..last + 30] {
            let holds = cover.terms.iter().filter(|term| {
                cell.starts_with(&term.prefix)
                    && term.last.is_none_or(|(level, from, to)| (from..=to).contains(&cell[level.index()]))
            });
            let inside = low[..levels] <= cell[..levels] && cell[..levels] <= high[..levels];
            prop_assert_eq!(holds.count(), usize::from(inside), "{:?}", cell);
            let listed = lists.iter().all(|(level, values)| values.as_ref().is_none_or(|list| list.contains(&cell[*level])));
            prop_assert!(listed || !inside);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn the_text_lets_through_what_it_should(
        from in 0_i64..2_500_000_000,
        length in 1_i64..400 * 24 * HOUR,
        levels in 1_usize..=5,
        values in prop::sample::select(vec![PartitionValues::PaddedText, PartitionValues::Text, PartitionValues::Integer]),
        zone in prop::sample::select(vec![
            Tz::UTC,
            Tz::Europe__London,
            Tz::America__New_York,
            Tz::Asia__Kolkata,
            Tz::Australia__Lord_Howe,
            Tz::America__Santiago,
        ]),
        (before, after) in (0_u64..3_000, 0_u64..3_000),
    ) {
        let end = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let range = TimeRange { from: end(from), to: end(from + length) };
        let mut partitions = columns(levels.min(4), values, zone, before, after);
        if levels == 5 {
            let (column, format) = ("datehour".to_owned(), "yyyy/MM/dd/HH".to_owned());
            partitions.style = PartitionStyle::Projection { column, format, zone };
        }
        let condition = Condition::parse(&predicate(&partitions, range));
        prop_assert!(condition.terms() <= 7);
        let mut needed = std::collections::HashSet::new();
        let key = |row: &HashMap<String, String>| {
            let mut row: Vec<_> = row.clone().into_iter().collect();
            row.sort();
            row
        };
        for (hour, inside) in hours(range, &partitions) {
            // A zone half an hour off has two of its hours in one of ours.
            let arrivals = [hour, hour + Duration::from_mins(30)];
            for arrival in arrivals {
                let exact = arrival + Duration::from_mins(30) > range.from - partitions.arrival_lag_before
                    && arrival < range.to + partitions.arrival_lag_after;
                let row = row(arrival, &partitions);
                if exact {
                    prop_assert!(condition.holds(&row), "{:?}", row);
                    needed.insert(key(&row));
                }
                prop_assert!(!exact || inside);
            }
        }
        for (hour, _) in hours(range, &partitions) {
            let row = row(hour, &partitions);
            if zone == Tz::UTC || zone == Tz::Asia__Kolkata {
                prop_assert_eq!(condition.holds(&row), needed.contains(&key(&row)), "{:?}", row);
            }
        }
    }
}
