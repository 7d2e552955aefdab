//! One schema of two engines' batches.

use std::collections::HashMap;

use arrow::{
    array::{TimestampMillisecondArray, TimestampSecondArray},
    datatypes::{DataType, Field, Schema, TimeUnit},
};

use super::*;
use crate::engine::{ROLE, ROLE_LABEL};

const NANOSECONDS: DataType = DataType::Timestamp(TimeUnit::Nanosecond, None);

#[test]
fn types_widen_whichever_part_comes_first() {
    let small: ArrayRef = Arc::new(Int8Array::from(vec![7]));
    let middle: ArrayRef = Arc::new(Int32Array::from(vec![8]));
    let real: ArrayRef = Arc::new(Float32Array::from(vec![0.5]));
    let millis: ArrayRef = Arc::new(TimestampMillisecondArray::from(vec![1_500]));
    let zoned: ArrayRef = Arc::new(TimestampSecondArray::from(vec![2]).with_timezone("+02:00"));
    // One value and the other, the type of both, what they become, and whether the reader is warned.
    let cases: &[(&ArrayRef, &ArrayRef, DataType, [&str; 2], bool)] = &[
        (&small, &middle, DataType::Int32, ["7", "8"], false),
        (&small, &integers([Some(9)]), DataType::Int64, ["7", "9"], false),
        (&integers([Some(9)]), &doubles([Some(0.5)]), DataType::Float64, ["9.0", "0.5"], false),
        (&small, &real, DataType::Float64, ["7.0", "0.5"], false),
        (&real, &doubles([Some(0.25)]), DataType::Float64, ["0.5", "0.25"], false),
        (&real, &real, DataType::Float32, ["0.5", "0.5"], false),
        (&booleans([Some(true)]), &texts([Some("true")]), DataType::Utf8, ["true", "true"], true),
        (&integers([Some(9)]), &texts([Some("x")]), DataType::Utf8, ["9", "x"], true),
        (&booleans([Some(true)]), &integers([Some(1)]), DataType::Utf8, ["true", "1"], true),
        (&times([Some(1)]), &integers([Some(1)]), DataType::Utf8, ["1970-01-01T00:00:00.000000001", "1"], true),
        (&nulls(1), &integers([Some(9)]), DataType::Int64, [".", "9"], false),
        (&texts([None]), &integers([Some(9)]), DataType::Int64, [".", "9"], false),
        (&texts([]), &times([Some(0)]), NANOSECONDS, ["", "1970-01-01T00:00:00"], false),
        (&texts([None]), &integers([None]), DataType::Int64, [".", "."], false),
        (&booleans([None]), &integers([None]), DataType::Utf8, [".", "."], false),
        (&nulls(1), &nulls(1), DataType::Utf8, [".", "."], false),
        (&millis, &zoned, NANOSECONDS, ["1970-01-01T00:00:01.500", "1970-01-01T00:00:02"], false),
        (
            &integers([Some((1 << 53) + 1)]),
            &doubles([Some(0.0)]),
            DataType::Float64,
            ["9007199254740992.0", "0.0"],
            true,
        ),
        (&integers([Some(1 << 60)]), &doubles([Some(0.0)]), DataType::Float64, ["1.152921504606847e18", "0.0"], false),
    ];
    for (one, other, data_type, shown, warned) in cases {
        let what = format!("{one:?} with {other:?}");
        let [one, other] = [one, other].map(|array| batch(&[("n", Arc::clone(array))]));
        let shown: Vec<&str> = shown.iter().copied().filter(|text| !text.is_empty()).collect();
        let stitched = concat(&[one.clone(), other.clone()]);
        assert_eq!(stitched.batch.column(0).data_type(), data_type, "{what}");
        assert_eq!(lines(&stitched.batch), shown, "{what}");
        let back = concat(&[other, one]);
        assert_eq!(back.batch.schema(), stitched.batch.schema(), "{what}");
        assert_eq!(lines(&back.batch), shown.into_iter().rev().collect::<Vec<_>>(), "{what}");
        for notices in [stitched.notices, back.notices] {
            assert_eq!(notices.len(), usize::from(*warned), "{what}: {notices:?}");
            let named = |text: &str| text.contains("`n`");
            assert!(notices.iter().all(|notice| notice.severity == Severity::Warning && named(&notice.text)));
        }
    }
}

#[test]
fn the_greatest_whole_number_is_not_a_double() {
    let large = || integers([Some(i64::MAX)]);
    let parts = [large(), large(), doubles([None, Some(1.0)]), large()].map(|array| batch(&[("n", array)]));
    assert_eq!(concat(&parts).notices.len(), 1);
}

#[test]
fn a_time_beyond_nanoseconds_is_null_and_the_reader_is_told() {
    let far: ArrayRef = Arc::new(TimestampSecondArray::from(vec![1, 1 << 40]));
    let stitched = concat(&[batch(&[("t", far)])]);
    assert_eq!(lines(&stitched.batch), ["1970-01-01T00:00:01", "."]);
    assert_eq!(stitched.notices.len(), 1);
}

#[test]
fn names_are_the_first_parts_and_case_does_not_matter() {
    let one = batch(&[("Queue", texts([Some("a")])), ("n", integers([Some(1)]))]);
    let other = batch(&[("queue", texts([Some("b")])), ("N", integers([Some(2)]))]);
    let stitched = concat(&[one.clone(), other]);
    assert_eq!(names(&stitched.batch), ["Queue", "n"]);

    let renamed = batch(&[("queue", texts([])), ("m", integers([]))]);
    let fewer = batch(&[("queue", texts([]))]);
    for (other, said) in [(renamed, "`m`"), (fewer, "`queue` in another")] {
        for merge in [Merge::Concat(Concat::default()), Merge::Totals(plain(1, &[Partial::Count]))] {
            let refused = stitch(vec![one.clone(), other.clone()], &merge);
            assert_error(refused, ErrorKind::BadQuery, &["`Queue`, `n` in one", said]);
        }
    }
    assert_error(stitch(Vec::new(), &Merge::Concat(Concat::default())), ErrorKind::Internal, &["no part"]);
}

#[test]
fn a_mark_on_a_column_stays_whichever_part_has_it() {
    let role = HashMap::from([(ROLE.to_owned(), ROLE_LABEL.to_owned())]);
    let schema = Schema::new(vec![Field::new("code", DataType::Int64, false).with_metadata(role.clone())]);
    let marked = RecordBatch::try_new(Arc::new(schema), vec![integers([Some(1)])]).unwrap();
    let unmarked = batch(&[("code", integers([Some(2)]))]);
    for parts in [vec![marked.clone(), unmarked.clone()], vec![unmarked, marked]] {
        let field = concat(&parts).batch.schema().field(0).clone();
        assert_eq!((field.metadata(), field.is_nullable()), (&role, true));
        let grouped = totals(&parts, &plain(1, &[])).unwrap();
        assert_eq!(grouped.schema().field(0).metadata(), &role);
    }
}

#[test]
fn rows_without_columns_are_counted() {
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(2));
    let bare = RecordBatch::try_new_with_options(Arc::new(Schema::empty()), Vec::new(), &options).unwrap();
    assert_eq!(concat(&[bare.clone(), bare]).batch.num_rows(), 4);
}
