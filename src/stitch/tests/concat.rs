//! Rows one after another.

use arrow::array::AsArray;

use super::*;

fn parts() -> [RecordBatch; 3] {
    let part = |queue, n| batch(&[("queue", queue), ("n", n)]);
    [
        part(texts([Some("b"), Some("a")]), integers([Some(1), Some(2)])),
        part(texts([]), integers([])),
        part(texts([Some("c"), None]), integers([Some(3), Some(2)])),
    ]
}

fn ordered(order: Order, limit: Option<usize>) -> Vec<String> {
    lines(&stitch(parts().to_vec(), &Merge::Concat(Concat { order, limit })).unwrap().batch)
}

#[test]
fn parts_follow_each_other_in_the_order_asked_for() {
    let descending = SortKey { descending: true, ..by(1) };
    let nulls_first = SortKey { nulls_first: true, ..by(0) };
    let cases: &[(Order, &[&str])] = &[
        (Order::Any, &["b 1", "a 2", "c 3", ". 2"]),
        (Order::Time { descending: false }, &["b 1", "a 2", "c 3", ". 2"]),
        (Order::Time { descending: true }, &["c 3", ". 2", "b 1", "a 2"]),
        (Order::Columns(vec![by(0)]), &["a 2", "b 1", "c 3", ". 2"]),
        (Order::Columns(vec![SortKey { descending: true, ..by(0) }]), &["c 3", "b 1", "a 2", ". 2"]),
        (Order::Columns(vec![nulls_first]), &[". 2", "a 2", "b 1", "c 3"]),
        (Order::Columns(vec![SortKey { descending: true, ..nulls_first }]), &[". 2", "c 3", "b 1", "a 2"]),
        // Rows that compare equal stay in their order, so that a later key decides only where there is one.
        (Order::Columns(vec![descending]), &["c 3", "a 2", ". 2", "b 1"]),
        (Order::Columns(vec![descending, nulls_first]), &["c 3", ". 2", "a 2", "b 1"]),
        (Order::Columns(Vec::new()), &["b 1", "a 2", "c 3", ". 2"]),
    ];
    for (order, expected) in cases {
        assert_eq!(ordered(order.clone(), None), *expected, "{order:?}");
        for limit in 0..6 {
            let kept = &expected[..limit.min(4)];
            assert_eq!(ordered(order.clone(), Some(limit)), kept, "{order:?}, {limit} rows");
        }
    }
    let merge = Merge::Concat(Concat { order: Order::Columns(vec![by(2)]), limit: None });
    assert_error(stitch(parts().to_vec(), &merge), ErrorKind::Internal, &["no column 2"]);
}

#[test]
fn numbers_and_text_compare_as_in_the_engines() {
    let sorted = |one: ArrayRef, other: ArrayRef, descending| {
        let key = SortKey { descending, ..by(0) };
        let merge = Merge::Concat(Concat { order: Order::Columns(vec![key]), limit: None });
        lines(&stitch(vec![batch(&[("x", one)]), batch(&[("x", other)])], &merge).unwrap().batch)
    };
    let odd = || {
        (
            doubles([Some(-f64::NAN), Some(0.0), Some(f64::INFINITY)]),
            doubles([Some(-0.0), None, Some(-1.0), Some(f64::NAN)]),
        )
    };
    let (one, other) = odd();
    assert_eq!(sorted(one, other, false), ["-1.0", "0.0", "-0.0", "inf", "NaN", "NaN", "."]);
    let (one, other) = odd();
    assert_eq!(sorted(one, other, true), ["NaN", "NaN", "inf", "0.0", "-0.0", "-1.0", "."]);
    let text = texts([Some("é"), Some("a"), Some("")]);
    assert_eq!(sorted(text, texts([Some("Z"), Some("ab"), Some("😀")]), false), ["", "Z", "a", "ab", "é", "😀"]);
}

#[test]
fn one_part_is_not_copied() {
    let [part, empty, _] = parts();
    let address = |batch: &RecordBatch| batch.column(0).as_string::<i32>().value_data().as_ptr();
    for parts in [vec![part.clone()], vec![empty.clone(), part.clone(), empty]] {
        let sorted = Concat { order: Order::Columns(vec![by(1)]), limit: None };
        for how in [Concat::default(), Concat { limit: Some(1), ..Concat::default() }, sorted] {
            let stitched = stitch(parts.clone(), &Merge::Concat(how)).unwrap();
            assert_eq!(address(&stitched.batch), address(&part));
        }
    }
}

#[test]
fn more_text_than_one_column_holds_is_refused() {
    let error = kernel_failed(arrow::error::ArrowError::OffsetOverflowError(1 << 31));
    assert_error(Err::<(), _>(error), ErrorKind::BadQuery, &["2 GiB"]);
    assert_error(concat_module::row_number(1 << 32), ErrorKind::BadQuery, &["rows"]);
}
