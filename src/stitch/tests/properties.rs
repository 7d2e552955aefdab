//! What holds for any rows, however they are cut into slices.

use std::{cmp::Ordering, collections::BTreeMap};

use arrow::{
    array::{Array, AsArray},
    compute::take_record_batch,
    datatypes::{DataType, Int64Type},
};
use proptest::prelude::*;

use super::*;

/// A row: two key columns, then what is aggregated.
#[derive(Debug, Clone)]
struct Row {
    queue: Option<&'static str>,
    weight: Option<f64>,
    n: Option<i64>,
    x: Option<f64>,
    text: Option<String>,
    flag: Option<bool>,
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let queue = proptest::option::of(proptest::sample::select(vec!["", "a", "b", "é"]));
    let weight = proptest::option::of(proptest::sample::select(vec![0.0, -0.0, 1.5, f64::NAN, -f64::NAN]));
    let n = proptest::option::of(prop_oneof![any::<i32>().prop_map(i64::from), -3..3_i64]);
    // Eighths add up exactly, in any order.
    let x = proptest::option::of(prop_oneof![
        9 => any::<i32>().prop_map(|eighths| f64::from(eighths) / 8.0 + 0.0),
        1 => Just(f64::NAN)
    ]);
    let row = (queue, weight, n, x, proptest::option::of("[a-cé]{0,3}"), any::<Option<bool>>());
    let row = row.prop_map(|(queue, weight, n, x, text, flag)| Row { queue, weight, n, x, text, flag });
    proptest::collection::vec(row, 0..60)
}

/// `rows` cut at `cuts`, wherever they fall.
fn cut<T: Clone>(rows: &[T], cuts: &[usize]) -> Vec<Vec<T>> {
    let mut places: Vec<usize> = cuts.iter().map(|place| place % (rows.len() + 1)).chain([0, rows.len()]).collect();
    places.sort_unstable();
    places.windows(2).map(|pair| rows[pair[0]..pair[1]].to_vec()).collect()
}

fn cuts() -> impl Strategy<Value = Vec<usize>> {
    proptest::collection::vec(any::<usize>(), 0..6)
}

fn table(rows: &[Row]) -> RecordBatch {
    batch(&[
        ("queue", Arc::new(rows.iter().map(|row| row.queue).collect::<StringArray>())),
        ("weight", Arc::new(rows.iter().map(|row| row.weight).collect::<Float64Array>())),
        ("n", Arc::new(rows.iter().map(|row| row.n).collect::<Int64Array>())),
        ("x", Arc::new(rows.iter().map(|row| row.x).collect::<Float64Array>())),
        ("text", Arc::new(rows.iter().map(|row| row.text.as_deref()).collect::<StringArray>())),
        ("flag", Arc::new(rows.iter().map(|row| row.flag).collect::<BooleanArray>())),
        ("id", Arc::new(Int64Array::from_iter_values((0..).take(rows.len())))),
    ])
}

/// The one that stands for all keys that are not distinct from it.
fn key(row: &Row) -> (Option<&'static str>, Option<String>) {
    (row.queue, row.weight.map(|weight| if weight.is_nan() { "NaN".to_owned() } else { (weight + 0.0).to_string() }))
}

const PARTIALS: [Partial; 13] = {
    use Partial::{And, Count, Max, Min, Or, Sum};
    [Count, Count, Sum, Min, Max, Count, Sum, Min, Max, Min, Max, And, Or]
};

/// A value for each group.
fn of<T>(groups: &[Vec<&Row>], value: impl Fn(&[&Row]) -> T) -> Vec<T> {
    groups.iter().map(|group| value(group)).collect()
}

/// The answer of an engine that holds `rows`: keys, if there are any, then the partials above.
fn aggregated(rows: &[Row], keys: usize) -> RecordBatch {
    let mut groups: Vec<Vec<&Row>> = if keys == 0 { vec![Vec::new()] } else { Vec::new() };
    let mut places = BTreeMap::new();
    for row in rows {
        let key = if keys == 0 {
            None
        } else if keys == 1 {
            Some((row.queue, None))
        } else {
            Some(key(row))
        };
        let place = if keys == 0 { 0 } else { *places.entry(key).or_insert(groups.len()) };
        if place == groups.len() {
            groups.push(Vec::new());
        }
        groups[place].push(row);
    }
    let length = |count: usize| i64::try_from(count).unwrap();
    let whole = |row: &&Row| row.n;
    let float = |row: &&Row| row.x;
    // NaN is the last to be chosen either way.
    let least = |a: f64, b: f64| if b.is_nan() || a <= b { a } else { b };
    let greatest = |a: f64, b: f64| if b.is_nan() || a >= b { a } else { b };
    let integer = |values: Vec<Option<i64>>| Arc::new(Int64Array::from(values)) as ArrayRef;
    let double = |values: Vec<Option<f64>>| Arc::new(Float64Array::from(values)) as ArrayRef;
    let string = |values: Vec<Option<&str>>| Arc::new(StringArray::from(values)) as ArrayRef;
    let mut columns: Vec<ArrayRef> = vec![
        integer(of(&groups, |group| Some(length(group.len())))),
        integer(of(&groups, |group| Some(length(group.iter().filter_map(whole).count())))),
        integer(of(&groups, |group| group.iter().filter_map(whole).reduce(|a, b| a + b))),
        integer(of(&groups, |group| group.iter().filter_map(whole).min())),
        integer(of(&groups, |group| group.iter().filter_map(whole).max())),
        integer(of(&groups, |group| Some(length(group.iter().filter_map(float).count())))),
        double(of(&groups, |group| group.iter().filter_map(float).reduce(|a, b| a + b))),
        double(of(&groups, |group| {
            group.iter().filter_map(float).reduce(|a, b| if a.is_nan() { b } else { least(a, b) })
        })),
        double(of(&groups, |group| {
            group.iter().filter_map(float).reduce(|a, b| if a.is_nan() { b } else { greatest(a, b) })
        })),
        string(groups.iter().map(|group| group.iter().filter_map(|row| row.text.as_deref()).min()).collect()),
        string(groups.iter().map(|group| group.iter().filter_map(|row| row.text.as_deref()).max()).collect()),
        Arc::new(BooleanArray::from(of(&groups, |group| {
            group.iter().filter_map(|row| row.flag).reduce(|a, b| a && b)
        }))),
        Arc::new(BooleanArray::from(of(&groups, |group| {
            group.iter().filter_map(|row| row.flag).reduce(|a, b| a || b)
        }))),
    ];
    if keys > 1 {
        columns.insert(0, double(of(&groups, |group| group[0].weight)));
    }
    if keys > 0 {
        columns.insert(0, string(groups.iter().map(|group| group[0].queue).collect()));
    }
    let names: Vec<String> = (0..columns.len()).map(|index| format!("o{index}")).collect();
    batch(&names.iter().map(String::as_str).zip(columns).collect::<Vec<_>>())
}

/// The order of two rows by `keys` of the columns `queue`, `weight` and `n`.
fn compare(keys: &[SortKey], one: &Row, other: &Row) -> Ordering {
    fn with<T>(key: &SortKey, one: Option<T>, other: Option<T>, compare: impl Fn(&T, &T) -> Ordering) -> Ordering {
        match (one, other) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => {
                if key.nulls_first {
                    Ordering::Less
                } else {
                    Ordering::Greater
                }
            }
            (Some(_), None) => {
                if key.nulls_first {
                    Ordering::Greater
                } else {
                    Ordering::Less
                }
            }
            (Some(one), Some(other)) if key.descending => compare(&other, &one),
            (Some(one), Some(other)) => compare(&one, &other),
        }
    }
    let numbers = |a: &f64, b: &f64| match (a.is_nan(), b.is_nan()) {
        (false, false) => a.partial_cmp(b).unwrap(),
        (a, b) => a.cmp(&b),
    };
    let by = |key: &SortKey| match key.column {
        0 => with(key, one.queue, other.queue, |a, b| a.as_bytes().cmp(b.as_bytes())),
        1 => with(key, one.weight, other.weight, numbers),
        _ => with(key, one.n, other.n, i64::cmp),
    };
    keys.iter().map(by).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

fn sort_keys() -> impl Strategy<Value = Vec<SortKey>> {
    let key = (0..3_usize, any::<bool>(), any::<bool>());
    let key = key.prop_map(|(column, descending, nulls_first)| SortKey { column, descending, nulls_first });
    proptest::collection::vec(key, 0..4)
}

/// A column of any type that an engine answers with, and of values at the extremes.
fn any_column(rows: usize) -> impl Strategy<Value = ArrayRef> {
    fn many<T: std::fmt::Debug>(
        values: impl Strategy<Value = T>,
        rows: usize,
    ) -> impl Strategy<Value = Vec<Option<T>>> {
        prop_oneof![
            9 => proptest::collection::vec(proptest::option::of(values), rows),
            1 => Just(()).prop_map(move |()| (0..rows).map(|_| None).collect())
        ]
    }
    let integers = prop_oneof![any::<i64>(), Just(i64::MIN), Just(i64::MAX), -1..3_i64];
    prop_oneof![
        many(integers.clone(), rows).prop_map(|values| Arc::new(TimestampNanosecondArray::from(values)) as ArrayRef),
        many(integers, rows).prop_map(|values| Arc::new(Int64Array::from(values)) as ArrayRef),
        many(any::<i32>(), rows).prop_map(|values| Arc::new(Int32Array::from(values)) as ArrayRef),
        many(any::<i8>(), rows).prop_map(|values| Arc::new(Int8Array::from(values)) as ArrayRef),
        many(proptest::num::f64::ANY, rows).prop_map(|values| Arc::new(Float64Array::from(values)) as ArrayRef),
        many(proptest::num::f32::ANY, rows).prop_map(|values| Arc::new(Float32Array::from(values)) as ArrayRef),
        many(any::<bool>(), rows).prop_map(|values| Arc::new(BooleanArray::from(values)) as ArrayRef),
        many("[a-c]{0,2}", rows).prop_map(|values| Arc::new(StringArray::from(values)) as ArrayRef),
        Just(nulls(rows)),
    ]
}

fn any_part() -> impl Strategy<Value = RecordBatch> {
    (0..5_usize).prop_flat_map(|rows| proptest::collection::vec(any_column(rows), 3)).prop_map(|columns| {
        let names = ["a", "b", "c"];
        batch(&names.into_iter().zip(columns).collect::<Vec<_>>())
    })
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        4 => (0..3_usize).prop_map(Value::Column),
        1 => any::<i64>().prop_map(Value::Integer),
        1 => any::<f64>().prop_map(Value::Double),
        1 => Just(Value::Null),
        1 => (0..3_usize, 0..3_usize).prop_map(|(sum, count)| Value::Average { sum, count }),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        use Arithmetic::{Add, Divide, Modulo, Multiply, Subtract};
        let arithmetic = proptest::sample::select(vec![Add, Subtract, Multiply, Divide, Modulo]);
        let boxed = || inner.clone().prop_map(Box::new);
        prop_oneof![
            (arithmetic, boxed(), boxed()).prop_map(|(arithmetic, one, other)| Value::Binary(arithmetic, one, other)),
            boxed().prop_map(Value::Negative),
            boxed().prop_map(Value::ToDouble),
            boxed().prop_map(Value::ToInteger),
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::Coalesce),
            (boxed(), boxed()).prop_map(|(one, other)| Value::NullIf(one, other)),
            (boxed(), any::<i32>()).prop_map(|(operand, digits)| Value::Round(operand, digits)),
            (boxed(), -2..3_i32).prop_map(|(operand, digits)| Value::Round(operand, digits)),
        ]
    })
}

fn any_totals() -> impl Strategy<Value = Totals> {
    use Partial::{And, Count, Max, Min, Or, Sum};
    let partials = proptest::collection::vec(proptest::sample::select(vec![Count, Sum, Min, Max, And, Or]), 3);
    let outputs = proptest::collection::vec(any_value().prop_map(|value| output("o", value)), 3..5);
    (0..4_usize, partials, outputs, sort_keys(), proptest::option::of(0..4_usize)).prop_map(
        |(keys, mut partials, outputs, order, limit)| {
            partials.truncate(3 - keys);
            Totals { keys, partials, outputs, order, limit }
        },
    )
}

proptest! {
    #[test]
    fn parts_of_a_batch_make_the_batch(rows in rows(), cuts in cuts(), limit in proptest::option::of(0..70_usize)) {
        let whole = table(&rows);
        let places = cut(&(0..rows.len()).collect::<Vec<_>>(), &cuts);
        let mut from = 0;
        let mut parts = Vec::new();
        for length in places.iter().map(Vec::len) {
            parts.push(whole.slice(from, length));
            from += length;
        }
        let merge = Merge::Concat(Concat { order: Order::Any, limit });
        let stitched = stitch(parts, &merge).unwrap();
        let expected = whole.slice(0, limit.unwrap_or(usize::MAX).min(rows.len()));
        prop_assert_eq!(lines(&stitched.batch), lines(&expected));
        prop_assert_eq!(stitched.batch.schema(), expected.schema());
        prop_assert!(stitched.notices.is_empty());
    }

    #[test]
    fn totals_of_slices_are_totals_of_the_whole(rows in rows(), cuts in cuts(), keys in 0..3_usize) {
        let parts: Vec<RecordBatch> = cut(&rows, &cuts).iter().map(|slice| aggregated(slice, keys)).collect();
        let merged = totals(&parts, &plain(keys, &PARTIALS)).unwrap();
        let expected = aggregated(&rows, keys);
        prop_assert_eq!(lines(&merged), lines(&expected));
        let types = |batch: &RecordBatch| -> Vec<DataType> {
            batch.columns().iter().map(|column| column.data_type().clone()).collect()
        };
        prop_assert_eq!(types(&merged), types(&expected));
    }

    #[test]
    fn sorted_slices_make_the_sorted_whole(
        rows in rows(), cuts in cuts(), keys in sort_keys(), limit in proptest::option::of(0..70_usize),
    ) {
        let kept = limit.unwrap_or(usize::MAX);
        let ids: Vec<usize> = (0..rows.len()).collect();
        let sorted = |mut ids: Vec<usize>| {
            ids.sort_by(|one, other| compare(&keys, &rows[*one], &rows[*other]));
            ids.truncate(kept);
            ids
        };
        let whole = table(&rows);
        let parts = cut(&ids, &cuts).into_iter().map(|slice| {
            let ids = Int64Array::from_iter_values(sorted(slice).into_iter().map(|id| i64::try_from(id).unwrap()));
            take_record_batch(&whole, &ids).unwrap()
        });
        let merge = Merge::Concat(Concat { order: Order::Columns(keys.clone()), limit });
        let stitched = stitch(parts.collect(), &merge).unwrap().batch;
        let stitched = stitched.column(6).as_primitive::<Int64Type>().values().clone();
        let stitched: Vec<usize> = stitched.iter().map(|id| usize::try_from(*id).unwrap()).collect();
        // Slices are stable here, so that the stitched order is too.
        prop_assert_eq!(stitched, sorted(ids));
    }

    #[test]
    fn types_do_not_depend_on_the_order_of_parts(parts in proptest::collection::vec(any_part(), 1..4)) {
        let types = |parts: &[RecordBatch]| -> Vec<DataType> {
            concat(parts).batch.columns().iter().map(|column| column.data_type().clone()).collect()
        };
        let expected = types(&parts);
        let mut turned = parts;
        for _ in 0..turned.len() {
            turned.rotate_left(1);
            prop_assert_eq!(&types(&turned), &expected);
        }
        turned.reverse();
        prop_assert_eq!(&types(&turned), &expected);
    }

    #[test]
    fn any_totals_are_merged_or_refused(
        parts in proptest::collection::vec(any_part(), 1..4), merge in any_totals(),
    ) {
        match stitch(parts, &Merge::Totals(merge.clone())) {
            Ok(stitched) => {
                prop_assert_eq!(stitched.batch.num_columns(), merge.outputs.len());
                prop_assert!(merge.limit.is_none_or(|limit| stitched.batch.num_rows() <= limit));
                let has_no_type = |column: &ArrayRef| *column.data_type() == DataType::Null;
                prop_assert!(!stitched.batch.columns().iter().any(has_no_type));
            }
            Err(error) => {
                let refused = [ErrorKind::BadQuery, ErrorKind::Rejected].contains(&error.kind());
                prop_assert!(refused, "{}", error);
            }
        }
    }

    #[test]
    fn any_rows_are_put_together(
        parts in proptest::collection::vec(any_part(), 1..4), keys in sort_keys(),
        limit in proptest::option::of(0..4_usize),
    ) {
        let rows: usize = parts.iter().map(RecordBatch::num_rows).sum();
        let merge = Merge::Concat(Concat { order: Order::Columns(keys), limit });
        let stitched = stitch(parts, &merge).unwrap();
        prop_assert_eq!(stitched.batch.num_rows(), rows.min(limit.unwrap_or(usize::MAX)));
    }
}
