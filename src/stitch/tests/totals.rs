//! Groups merged.

use arrow::datatypes::DataType;

use super::*;

/// Two slices' partials of one group, merged.
fn merged(partial: Partial, one: ArrayRef, other: ArrayRef) -> Result<(String, DataType), Error> {
    let answer = totals(&[batch(&[("p", one)]), batch(&[("p", other)])], &plain(0, &[partial]))?;
    assert_eq!(answer.num_rows(), 1, "one row always");
    Ok((lines(&answer).remove(0), answer.column(0).data_type().clone()))
}

#[test]
fn notices_call_columns_as_the_reader_does() {
    let one = batch(&[
        ("k0", texts([Some("7")])),
        ("k1", booleans([Some(true)])),
        ("p0", integers([Some((1 << 53) + 1)])),
        ("p1", integers([Some(2)])),
    ]);
    let other = batch(&[
        ("k0", integers([Some(7)])),
        ("k1", texts([Some("yes")])),
        ("p0", doubles([Some(0.5)])),
        ("p1", integers([Some(2)])),
    ]);
    let merge = Totals {
        keys: 2,
        partials: vec![Partial::Sum, Partial::Count],
        outputs: vec![
            output("mean", Value::Average { sum: 2, count: 3 }),
            output("seconds", Value::Column(2)),
            output("code", Value::Column(0)),
        ],
        order: Vec::new(),
        limit: None,
    };
    let told = |merge: Totals| {
        let stitched = stitch(vec![one.clone(), other.clone()], &Merge::Totals(merge)).unwrap();
        let texts: Vec<String> = stitched.notices.into_iter().map(|notice| notice.text).collect();
        let named = |text: &String| text.split('`').nth(1).unwrap_or_default().to_owned();
        texts.iter().map(named).collect::<Vec<_>>()
    };
    assert_eq!(told(merge.clone()), ["code", "GROUP BY 2", "seconds"]);
    let outputs = vec![output("mean", Value::Average { sum: 2, count: 3 })];
    assert_eq!(told(Totals { outputs, ..merge }), ["GROUP BY 1", "GROUP BY 2", "mean"]);
}

#[test]
fn partials_merge_as_their_aggregates_would_have() {
    use Partial::{And, Count, Max, Min, Or, Sum};
    let nan = || doubles([Some(f64::NAN)]);
    let reals = |value| Arc::new(Float32Array::from(vec![value])) as ArrayRef;
    let small = |value| Arc::new(Int8Array::from(vec![value])) as ArrayRef;
    let cases: Vec<(Partial, ArrayRef, ArrayRef, &str, DataType)> = vec![
        (Count, integers([Some(2)]), integers([Some(3)]), "5", DataType::Int64),
        (Count, integers([None]), integers([Some(3)]), "3", DataType::Int64),
        (Count, small(100), small(100), "200", DataType::Int64),
        (Count, nulls(1), texts([None]), "0", DataType::Int64),
        (Sum, integers([Some(2)]), integers([Some(-3)]), "-1", DataType::Int64),
        (Sum, integers([None]), integers([Some(3)]), "3", DataType::Int64),
        (Sum, integers([None]), integers([None]), ".", DataType::Int64),
        (Sum, nulls(1), nulls(1), ".", DataType::Float64),
        (Sum, small(100), small(100), "200", DataType::Int64),
        (Sum, doubles([Some(0.5)]), integers([Some(2)]), "2.5", DataType::Float64),
        (Sum, doubles([Some(f64::INFINITY)]), doubles([Some(f64::NEG_INFINITY)]), "NaN", DataType::Float64),
        (Sum, reals(0.5), reals(0.25), "0.75", DataType::Float32),
        (Min, integers([Some(2)]), integers([Some(-3)]), "-3", DataType::Int64),
        (Max, integers([Some(2)]), integers([Some(-3)]), "2", DataType::Int64),
        (Max, integers([None]), integers([Some(-3)]), "-3", DataType::Int64),
        (Min, small(3), small(-3), "-3", DataType::Int8),
        (Min, texts([Some("b")]), texts([Some("Z")]), "Z", DataType::Utf8),
        (Max, texts([Some("é")]), texts([Some("z")]), "é", DataType::Utf8),
        (Max, booleans([Some(false)]), booleans([Some(true)]), "true", DataType::Boolean),
        (Min, times([Some(1_000_000_000)]), times([Some(0)]), "1970-01-01T00:00:00", times([]).data_type().clone()),
        (Min, nan(), doubles([Some(1.5)]), "1.5", DataType::Float64),
        (Max, nan(), doubles([Some(1.5)]), "1.5", DataType::Float64),
        (Max, doubles([Some(1.5)]), nan(), "1.5", DataType::Float64),
        (Max, nan(), nan(), "NaN", DataType::Float64),
        (Min, nan(), doubles([None]), "NaN", DataType::Float64),
        (Min, reals(0.5), reals(0.25), "0.25", DataType::Float32),
        (Max, texts([None]), texts([None]), ".", DataType::Utf8),
        (And, booleans([Some(true)]), booleans([Some(false)]), "false", DataType::Boolean),
        (And, booleans([Some(true)]), booleans([None]), "true", DataType::Boolean),
        (Or, booleans([Some(false)]), booleans([Some(true)]), "true", DataType::Boolean),
        (Or, booleans([None]), booleans([None]), ".", DataType::Boolean),
        (Or, nulls(1), nulls(1), ".", DataType::Boolean),
    ];
    for (partial, one, other, shown, data_type) in cases {
        let what = format!("{partial:?} of {one:?} and {other:?}");
        let expected = (shown.to_owned(), data_type);
        assert_eq!(merged(partial, one.clone(), other.clone()), Ok(expected.clone()), "{what}");
        assert_eq!(merged(partial, other, one), Ok(expected), "{what}, reversed");
    }
}

#[test]
fn a_sum_overflows_only_as_a_whole() {
    let parts = |last| [i64::MAX, 1, last].map(|sum| batch(&[("hidden", integers([Some(sum)]))]));
    let shown = Totals { outputs: vec![output("seconds", Value::Column(0))], ..plain(0, &[Partial::Sum]) };
    assert_eq!(lines(&totals(&parts(-5), &shown).unwrap()), [(i64::MAX - 4).to_string()]);
    for partial in [Partial::Sum, Partial::Count] {
        let shown = Totals { partials: vec![partial], ..shown.clone() };
        let said = ["bigint addition overflow", "`seconds`"];
        assert_error(totals(&parts(0), &shown), ErrorKind::Rejected, &said);
    }
}

#[test]
fn partials_of_another_type_are_refused_with_their_name() {
    for (partial, values) in [
        (Partial::Count, doubles([Some(1.0)])),
        (Partial::Count, texts([Some("1")])),
        (Partial::Sum, texts([Some("1")])),
        (Partial::Sum, times([Some(1)])),
        (Partial::Sum, booleans([Some(true)])),
        (Partial::And, integers([Some(1)])),
        (Partial::Or, texts([Some("true")])),
    ] {
        let refused = merged(partial, values.clone(), values);
        assert_error(refused, ErrorKind::BadQuery, &["`o0`", "CAST"]);
    }
}

#[test]
fn groups_are_rows_whose_keys_are_not_distinct() {
    let one = batch(&[
        ("q", texts([Some("b"), None, Some("")])),
        ("x", doubles([Some(0.0), Some(f64::NAN), None])),
        ("n", integers([Some(1), Some(2), Some(4)])),
    ]);
    let other = batch(&[
        ("q", texts([None, Some(""), Some("b"), Some("a"), Some("b")])),
        ("x", doubles([Some(-f64::NAN), None, Some(-0.0), Some(0.0), None])),
        ("n", integers([Some(8), Some(16), Some(32), Some(64), Some(128)])),
    ]);
    let counts = plain(2, &[Partial::Count]);
    let answer = totals(&[one.clone(), other.clone()], &counts).unwrap();
    assert_eq!(lines(&answer), ["b 0.0 33", ". NaN 10", " . 20", "a 0.0 64", "b . 128"], "by first appearance");

    let ordered = Totals { order: vec![by(0), by(1)], limit: Some(3), ..counts };
    assert_eq!(lines(&totals(&[other, one], &ordered).unwrap()), [" . 20", "a 0.0 64", "b -0.0 33"]);
}

#[test]
fn keys_that_differ_in_type_between_the_engines_still_meet() {
    let one = batch(&[("code", integers([Some(5), None])), ("n", integers([Some(1), Some(2)]))]);
    let other = batch(&[("code", texts([Some("5")])), ("n", integers([Some(4)]))]);
    assert_eq!(lines(&totals(&[one.clone(), other], &plain(1, &[Partial::Sum])).unwrap()), ["5 5", ". 2"]);
    let other = batch(&[("code", doubles([Some(5.0)])), ("n", integers([Some(4)]))]);
    assert_eq!(lines(&totals(&[one, other], &plain(1, &[Partial::Sum])).unwrap()), ["5.0 5", ". 2"]);
}

#[test]
fn extremes_of_different_types_are_refused() {
    for partial in [Partial::Min, Partial::Max] {
        let error = merged(partial, texts([Some("7")]), integers([Some(1_000)])).unwrap_err();
        assert!(error.message().contains("different types"), "{error}");
        assert_eq!(merged(partial, texts([None]), integers([Some(7)])).unwrap().0, "7", "what is null has no type");
    }
}

#[test]
fn without_rows_there_is_one_total_and_no_group() {
    use Partial::{And, Count, Max, Min, Or, Sum};
    let part = || {
        batch(&[
            ("a", integers([])),
            ("b", integers([])),
            ("c", texts([])),
            ("d", times([])),
            ("e", booleans([])),
            ("f", booleans([])),
            ("g", doubles([])),
        ])
    };
    let partials = [Count, Sum, Min, Max, And, Or, Max];
    assert_eq!(lines(&totals(&[part(), part()], &plain(0, &partials)).unwrap()), ["0 . . . . . ."]);
    let grouped = totals(&[part(), part()], &plain(1, &partials[1..])).unwrap();
    assert_eq!((grouped.num_rows(), grouped.num_columns()), (0, 7));
    let all_limited = Totals { limit: Some(0), ..plain(0, &partials) };
    assert_eq!(totals(&[part()], &all_limited).unwrap().num_rows(), 0);
}

#[test]
fn outputs_are_named_ordered_and_limited() {
    let part = |queue, sum, count| batch(&[("k", queue), ("s", sum), ("c", count)]);
    let parts = [
        part(texts([Some("a"), Some("b")]), doubles([Some(3.0), None]), integers([Some(2), Some(0)])),
        part(texts([Some("c"), Some("a")]), doubles([Some(10.0), Some(6.0)]), integers([Some(1), Some(1)])),
    ];
    let of = |order, limit| Totals {
        keys: 1,
        partials: vec![Partial::Sum, Partial::Count],
        outputs: vec![
            output("average", Value::Average { sum: 1, count: 2 }),
            output("queue", Value::Column(0)),
            output("queue", Value::Column(0)),
        ],
        order,
        limit,
    };
    let answer = totals(&parts, &of(vec![SortKey { descending: true, ..by(0) }], None)).unwrap();
    assert_eq!(names(&answer), ["average", "queue", "queue"]);
    assert_eq!(lines(&answer), ["10.0 c c", "3.0 a a", ". b b"]);
    assert_eq!(lines(&totals(&parts, &of(Vec::new(), Some(2))).unwrap()), ["3.0 a a", ". b b"]);
    assert_error(totals(&parts, &of(vec![by(3)], None)), ErrorKind::Internal, &["no column 3"]);

    let nothing = Totals { outputs: Vec::new(), ..of(Vec::new(), None) };
    assert_eq!(totals(&parts, &nothing).unwrap().num_rows(), 3);
}

#[test]
fn columns_that_the_merge_does_not_know_are_our_mistake() {
    let part = batch(&[("k", texts([Some("a")])), ("n", integers([Some(1)]))]);
    let parts = [part.clone(), part];
    for merge in [
        plain(1, &[]),
        plain(0, &[]),
        Totals { keys: usize::MAX, ..plain(0, &[Partial::Sum]) },
        plain(2, &[Partial::Sum]),
    ] {
        let outputs = Vec::new();
        assert_error(totals(&parts, &Totals { outputs, ..merge }), ErrorKind::Internal, &["columns"]);
    }
    for value in [Value::Column(2), Value::Average { sum: 0, count: 9 }, Value::Negative(Box::new(Value::Column(2)))] {
        let merge = Totals { outputs: vec![output("x", value)], ..plain(1, &[Partial::Sum]) };
        assert_error(totals(&parts, &merge), ErrorKind::Internal, &["no slice has"]);
    }
}
