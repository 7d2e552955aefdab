//! Arrays, maps and rows.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, ListArray, MapArray, StructArray, UInt64Array, make_comparator,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::{SortOptions, cast, concat, take};
use arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::{Result, exec_err, plan_err};
use datafusion::logical_expr::ReturnFieldArgs;

use super::{
    Arguments, Definition, argument_field, bigint, bigint_at, failure, fallible, function, same_as_first, text_at,
    varchar, write_value,
};

pub(super) const FUNCTIONS: &[Definition] = &[
    function("array_join", 2..=3, varchar, array_join),
    function("array_position_or_zero", 2..=2, bigint, array_position),
    function("array_remove", 2..=2, same_as_first, array_remove),
    function("array_sort", 1..=1, same_as_first, array_sort),
    function("at_least_null", 1..=1, same_as_first, at_least_null),
    function("cardinality", 1..=1, bigint, cardinality),
    function("concat_arrays", 2..=2, same_as_first, concat_arrays),
    function("make_single", 1..=1, single_type, make_single),
    function("map_of_counts", 1..=1, counts_type, map_of_counts),
    function("map_of_first", 2..=2, map_type, map_of_first),
    function("ordinals", 1..=1, ordinals_type, ordinals),
    function("reverse", 1..=1, same_as_first, reverse),
    fallible("slice", "try_slice", 3..=3, same_as_first, slice),
    // What a subscript answers where it would fail is `element_at`.
    fallible("subscript", "element_at", 2..=2, element_type, element),
    function("unnest_part", 1..=2, part_type, unnest_part),
];

fn list_of(item: &Field) -> Field {
    Field::new("value", DataType::List(Arc::new(item.clone().with_name("item").with_nullable(true))), true)
}

fn list_item(field: &Field) -> Result<Field> {
    match field.data_type() {
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            Ok(item.as_ref().clone())
        }
        _ => plan_err!("TYPE_MISMATCH: An array is expected"),
    }
}

/// Keys and values of a map's type.
fn map_fields(field: &Field) -> Option<&Fields> {
    match field.data_type() {
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(fields) if fields.len() == 2 => Some(fields),
            _ => None,
        },
        _ => None,
    }
}

fn element_type(arguments: &ReturnFieldArgs) -> Result<Field> {
    let field = argument_field(arguments, 0)?;
    match map_fields(&field) {
        Some(fields) => Ok(fields[1].as_ref().clone()),
        None => list_item(&field),
    }
}

fn single_type(arguments: &ReturnFieldArgs) -> Result<Field> {
    Ok(list_of(&argument_field(arguments, 0)?))
}

#[expect(clippy::unnecessary_wraps, reason = "the table of functions asks for it")]
fn ordinals_type(_: &ReturnFieldArgs) -> Result<Field> {
    Ok(list_of(&Field::new("item", DataType::Int64, true)))
}

fn map_type(arguments: &ReturnFieldArgs) -> Result<Field> {
    Ok(map_of(list_item(&argument_field(arguments, 0)?)?, list_item(&argument_field(arguments, 1)?)?))
}

fn counts_type(arguments: &ReturnFieldArgs) -> Result<Field> {
    Ok(map_of(list_item(&argument_field(arguments, 0)?)?, Field::new("value", DataType::Int64, true)))
}

fn map_of(key: Field, value: Field) -> Field {
    let fields = vec![key.with_name("key").with_nullable(false), value.with_name("value").with_nullable(true)];
    let entries = Field::new("entries", DataType::Struct(Fields::from(fields)), false);
    Field::new("value", DataType::Map(Arc::new(entries), false), true)
}

/// A list of the parts of a list's rows, or of a map's keys or values.
fn part_type(arguments: &ReturnFieldArgs) -> Result<Field> {
    let field = argument_field(arguments, 0)?;
    if arguments.arg_fields.len() == 1 {
        list_item(&field)?;
        return Ok(field);
    }
    let part = arguments.scalar_arguments.get(1).copied().flatten().map(ToString::to_string);
    let part = part.and_then(|part| part.parse::<usize>().ok()).unwrap_or(0);
    let fields = match map_fields(&field) {
        Some(fields) => fields.clone(),
        None => match list_item(&field)?.data_type() {
            DataType::Struct(fields) => fields.clone(),
            _ => return plan_err!("MISMATCHED_COLUMN_ALIASES: UNNEST of this value has one column"),
        },
    };
    if let Some(field) = fields.get(part) {
        Ok(list_of(field))
    } else {
        plan_err!("MISMATCHED_COLUMN_ALIASES: UNNEST of this value has {} columns", fields.len())
    }
}

/// The lists of an argument.
fn lists(call: &Arguments, position: usize) -> Result<ListArray> {
    let array = call.array(position)?;
    let item = Arc::new(list_item(call.fields[position].as_ref())?);
    if let Some(lists) = cast(array, &DataType::List(item))?.as_list_opt::<i32>() {
        Ok(lists.clone())
    } else {
        exec_err!("An array is expected")
    }
}

fn index(place: i32) -> u64 {
    u64::try_from(place).unwrap_or(0)
}

/// First and last place of a row's items among all items.
fn span(lists: &ListArray, row: usize) -> (u64, u64) {
    let offsets = lists.value_offsets();
    (index(offsets[row]), index(offsets[row + 1]))
}

/// New lists of these items of the old ones, null where there is no choice.
fn choose(
    lists: &ListArray,
    result: &Field,
    mut choice: impl FnMut(usize) -> Result<Option<Vec<u64>>>,
) -> Result<ArrayRef> {
    let (mut items, mut lengths, mut valid) = (Vec::new(), Vec::new(), Vec::new());
    for row in 0..lists.len() {
        let chosen = if lists.is_null(row) { None } else { choice(row)? };
        valid.push(chosen.is_some());
        let chosen = chosen.unwrap_or_default();
        lengths.push(chosen.len());
        items.extend(chosen);
    }
    let values = take(lists.values(), &UInt64Array::from(items), None)?;
    let item = Arc::new(list_item(result)?);
    let values = cast(&values, item.data_type())?;
    Ok(Arc::new(ListArray::try_new(item, OffsetBuffer::from_lengths(lengths), values, Some(NullBuffer::from(valid)))?))
}

/// `array[i]`, `map[key]`, `element_at`: strict where an absent element is an error.
fn element(call: &Arguments) -> Result<ArrayRef> {
    let strict = call.on_failure == super::OnFailure::Fail;
    if call.array(0)?.data_type().is_null() {
        return Ok(arrow::array::new_null_array(call.result.data_type(), call.rows));
    }
    if let Some(map) = call.array(0)?.as_map_opt() {
        return map_element(call, map, strict);
    }
    let (lists, places) = (lists(call, 0)?, call.bigint(1)?);
    let mut found = Vec::with_capacity(call.rows);
    for row in 0..call.rows {
        let Some(place) = bigint_at(&places, row).filter(|_| lists.is_valid(row)) else {
            found.push(None);
            continue;
        };
        let (first, end) = span(&lists, row);
        let length = i64::try_from(end - first).unwrap_or(i64::MAX);
        let at = match place {
            0 => return failure("INVALID_FUNCTION_ARGUMENT", "SQL array indices start at 1"),
            ..0 if strict => {
                return failure("INVALID_FUNCTION_ARGUMENT", &format!("Array subscript is negative: {place}"));
            }
            ..0 => length + place,
            1.. => place - 1,
        };
        if at >= length && strict {
            let message = format!("Array subscript must be less than or equal to array length: {place} > {length}");
            return failure("INVALID_FUNCTION_ARGUMENT", &message);
        }
        found.push(u64::try_from(at).ok().filter(|_| at < length).map(|at| first + at));
    }
    Ok(take(lists.values(), &UInt64Array::from(found), None)?)
}

fn map_element(call: &Arguments, map: &MapArray, strict: bool) -> Result<ArrayRef> {
    let wanted = cast(call.array(1)?, map.keys().data_type())?;
    let compare = make_comparator(map.keys(), &wanted, SortOptions::default())?;
    let mut found = Vec::with_capacity(call.rows);
    for row in 0..call.rows {
        if map.is_null(row) || wanted.is_null(row) {
            found.push(None);
            continue;
        }
        let offsets = map.value_offsets();
        let mut entries = index(offsets[row])..index(offsets[row + 1]);
        let at = entries.find(|&at| compare(usize::try_from(at).unwrap_or(0), row).is_eq());
        if at.is_none() && strict {
            let key = write_value(&wanted, row)?.unwrap_or_default();
            return failure("INVALID_FUNCTION_ARGUMENT", &format!("Key not present in map: {key}"));
        }
        found.push(at);
    }
    Ok(take(map.values(), &UInt64Array::from(found), None)?)
}

fn cardinality(call: &Arguments) -> Result<ArrayRef> {
    let array = call.array(0)?;
    if let Some(map) = array.as_map_opt() {
        return call.each_bigint(|row| Ok(map.is_valid(row).then(|| i64::from(map.value_length(row)))));
    }
    let lists = lists(call, 0)?;
    call.each_bigint(|row| Ok(lists.is_valid(row).then(|| i64::from(lists.value_length(row)))))
}

fn array_join(call: &Arguments) -> Result<ArrayRef> {
    let (lists, delimiters) = (lists(call, 0)?, call.text(1)?);
    let nulls = if call.len() > 2 { Some(call.text(2)?) } else { None };
    call.each_text(|row| {
        let Some(delimiter) = text_at(&delimiters, row).filter(|_| lists.is_valid(row)) else { return Ok(None) };
        let items = lists.value(row);
        let null = nulls.as_ref().and_then(|nulls| text_at(nulls, row));
        let mut parts = Vec::with_capacity(items.len());
        for at in 0..items.len() {
            parts.extend(write_value(&items, at)?.or_else(|| null.map(str::to_owned)));
        }
        Ok(Some(parts.join(delimiter)))
    })
}

/// The places in a row's list at which an argument's value stands.
fn places_of(call: &Arguments, lists: &ListArray, equal: bool) -> Result<Vec<Vec<u64>>> {
    let wanted = cast(call.array(1)?, lists.values().data_type())?;
    let compare = make_comparator(lists.values(), &wanted, SortOptions::default())?;
    Ok((0..call.rows)
        .map(|row| {
            let (first, end) = span(lists, row);
            (first..end).filter(|&at| compare(usize::try_from(at).unwrap_or(0), row).is_eq() == equal).collect()
        })
        .collect())
}

fn array_position(call: &Arguments) -> Result<ArrayRef> {
    let lists = lists(call, 0)?;
    let places = places_of(call, &lists, true)?;
    call.each_bigint(|row| {
        let first = span(&lists, row).0;
        let place = places[row].first().map_or(0, |at| i64::try_from(at - first + 1).unwrap_or(0));
        Ok((lists.is_valid(row) && call.array(1)?.is_valid(row)).then_some(place))
    })
}

fn array_remove(call: &Arguments) -> Result<ArrayRef> {
    let lists = lists(call, 0)?;
    let mut kept = places_of(call, &lists, false)?;
    choose(&lists, &call.result, |row| Ok(Some(std::mem::take(&mut kept[row]))))
}

/// Ascending, nulls last.
fn array_sort(call: &Arguments) -> Result<ArrayRef> {
    let lists = lists(call, 0)?;
    let order = SortOptions { descending: false, nulls_first: false };
    let compare = make_comparator(lists.values(), lists.values(), order)?;
    choose(&lists, &call.result, |row| {
        let (first, end) = span(&lists, row);
        let mut places: Vec<_> = (first..end).collect();
        let place = |at: u64| usize::try_from(at).unwrap_or(0);
        places.sort_by(|left, right| compare(place(*left), place(*right)));
        Ok(Some(places))
    })
}

/// Of an array or of text.
fn reverse(call: &Arguments) -> Result<ArrayRef> {
    if call.array(0)?.data_type().is_string() {
        let texts = call.text(0)?;
        return call.each_text(|row| Ok(text_at(&texts, row).map(|text| text.chars().rev().collect())));
    }
    let lists = lists(call, 0)?;
    choose(&lists, &call.result, |row| {
        let (first, end) = span(&lists, row);
        Ok(Some((first..end).rev().collect()))
    })
}

fn slice(call: &Arguments) -> Result<ArrayRef> {
    let (lists, starts, lengths) = (lists(call, 0)?, call.bigint(1)?, call.bigint(2)?);
    choose(&lists, &call.result, |row| {
        let (Some(start), Some(length)) = (bigint_at(&starts, row), bigint_at(&lengths, row)) else { return Ok(None) };
        if start == 0 || length < 0 {
            return failure("INVALID_FUNCTION_ARGUMENT", "SQL array indices start at 1, and lengths are not negative");
        }
        let (first, end) = span(&lists, row);
        let count = i64::try_from(end - first).unwrap_or(i64::MAX);
        let from = if start < 0 { count + start } else { start - 1 };
        let to = from.saturating_add(length).min(count);
        Ok(Some(if from < 0 {
            vec![]
        } else {
            (from..to).filter_map(|at| u64::try_from(at).ok()).map(|at| first + at).collect()
        }))
    })
}

fn concat_arrays(call: &Arguments) -> Result<ArrayRef> {
    let (left, right) = (lists(call, 0)?, lists(call, 1)?);
    let shift = u64::try_from(left.values().len()).unwrap_or(0);
    let tail = cast(right.values(), left.values().data_type())?;
    let values = concat(&[left.values().as_ref(), tail.as_ref()])?;
    let item = Arc::new(list_item(&call.result)?);
    let (mut places, mut lengths, mut valid) = (Vec::new(), Vec::new(), Vec::new());
    for row in 0..call.rows {
        let before = places.len();
        valid.push(left.is_valid(row) && right.is_valid(row));
        if left.is_valid(row) && right.is_valid(row) {
            let ((first, end), (second, last)) = (span(&left, row), span(&right, row));
            places.extend((first..end).chain(second + shift..last + shift));
        }
        lengths.push(places.len() - before);
    }
    let values = cast(&take(&values, &UInt64Array::from(places), None)?, item.data_type())?;
    Ok(Arc::new(ListArray::try_new(item, OffsetBuffer::from_lengths(lengths), values, Some(NullBuffer::from(valid)))?))
}

/// An array of the one value.
fn make_single(call: &Arguments) -> Result<ArrayRef> {
    let item = Arc::new(list_item(&call.result)?);
    let offsets = OffsetBuffer::from_repeated_length(1, call.rows);
    Ok(Arc::new(ListArray::try_new(item, offsets, Arc::clone(call.array(0)?), None)?))
}

/// A null where an array is empty or absent, so that an outer unnesting keeps the row.
fn at_least_null(call: &Arguments) -> Result<ArrayRef> {
    let lists = lists(call, 0)?;
    let null = arrow::array::new_null_array(lists.values().data_type(), 1);
    let values = concat(&[lists.values().as_ref(), null.as_ref()])?;
    let last = u64::try_from(lists.values().len()).unwrap_or(0);
    let (mut places, mut lengths) = (Vec::new(), Vec::new());
    for row in 0..call.rows {
        let (first, end) = span(&lists, row);
        let items = if lists.is_null(row) || first == end { last..last + 1 } else { first..end };
        lengths.push(usize::try_from(items.end - items.start).unwrap_or(0));
        places.extend(items);
    }
    let values = take(&values, &UInt64Array::from(places), None)?;
    let item = Arc::new(list_item(&call.result)?);
    Ok(Arc::new(ListArray::try_new(item, OffsetBuffer::from_lengths(lengths), values, None)?))
}

/// 1, 2, 3 ... for each item.
fn ordinals(call: &Arguments) -> Result<ArrayRef> {
    let lengths: Vec<usize> = if let Some(map) = call.array(0)?.as_map_opt() {
        (0..call.rows).map(|row| usize::try_from(map.value_length(row)).unwrap_or(0)).collect()
    } else {
        let lists = lists(call, 0)?;
        (0..call.rows).map(|row| usize::try_from(lists.value_length(row)).unwrap_or(0)).collect()
    };
    let values = lengths.iter().flat_map(|length| (1_i64..).take(*length)).collect::<arrow::array::Int64Array>();
    let item = Arc::new(list_item(&call.result)?);
    Ok(Arc::new(ListArray::try_new(item, OffsetBuffer::from_lengths(lengths), Arc::new(values), None)?))
}

/// Keys and values as a map; of a key that comes twice the first value.
fn map_of_first(call: &Arguments) -> Result<ArrayRef> {
    let (keys, values) = (lists(call, 0)?, lists(call, 1)?);
    let compare = make_comparator(keys.values(), keys.values(), SortOptions::default())?;
    let (mut key_places, mut value_places, mut lengths, mut valid) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for row in 0..call.rows {
        let before = key_places.len();
        valid.push(keys.is_valid(row) && values.is_valid(row));
        if keys.is_valid(row) && values.is_valid(row) {
            let ((first, end), (value, _)) = (span(&keys, row), span(&values, row));
            for at in first..end {
                let place = |at: u64| usize::try_from(at).unwrap_or(0);
                let is_known = key_places[before..].iter().any(|known| compare(place(*known), place(at)).is_eq());
                if keys.values().is_valid(place(at)) && !is_known {
                    key_places.push(at);
                    value_places.push(value + at - first);
                }
            }
        }
        lengths.push(key_places.len() - before);
    }
    let DataType::Map(entries, sorted) = call.result.data_type() else { return exec_err!("A map is expected") };
    let DataType::Struct(fields) = entries.data_type() else { return exec_err!("A map is expected") };
    let columns = vec![
        take(keys.values(), &UInt64Array::from(key_places), None)?,
        take(values.values(), &UInt64Array::from(value_places), None)?,
    ];
    let structs = StructArray::try_new(fields.clone(), columns, None)?;
    let nulls = Some(NullBuffer::from(valid));
    Ok(Arc::new(MapArray::try_new(Arc::clone(entries), OffsetBuffer::from_lengths(lengths), structs, nulls, *sorted)?))
}

/// How often each value stands in an array, nulls apart.
fn map_of_counts(call: &Arguments) -> Result<ArrayRef> {
    let lists = lists(call, 0)?;
    let compare = make_comparator(lists.values(), lists.values(), SortOptions::default())?;
    let (mut keys, mut counts, mut lengths) = (Vec::<u64>::new(), Vec::new(), Vec::new());
    for row in 0..call.rows {
        let place = |at: u64| usize::try_from(at).unwrap_or(0);
        let (first, end) = span(&lists, row);
        let mut places: Vec<_> = (first..end).filter(|at| lists.values().is_valid(place(*at))).collect();
        places.sort_by(|left, right| compare(place(*left), place(*right)));
        let groups = places.chunk_by(|left, right| compare(place(*left), place(*right)).is_eq());
        let before = keys.len();
        for group in groups {
            keys.extend(group.first().copied());
            counts.push(i64::try_from(group.len()).unwrap_or(i64::MAX));
        }
        lengths.push(keys.len() - before);
    }
    let DataType::Map(entries, sorted) = call.result.data_type() else { return exec_err!("A map is expected") };
    let DataType::Struct(fields) = entries.data_type() else { return exec_err!("A map is expected") };
    let columns = vec![
        take(lists.values(), &UInt64Array::from(keys), None)?,
        Arc::new(arrow::array::Int64Array::from(counts)) as ArrayRef,
    ];
    let structs = StructArray::try_new(fields.clone(), columns, None)?;
    let offsets = OffsetBuffer::from_lengths(lengths);
    Ok(Arc::new(MapArray::try_new(Arc::clone(entries), offsets, structs, lists.nulls().cloned(), *sorted)?))
}

/// What an unnested value gives one column.
fn unnest_part(call: &Arguments) -> Result<ArrayRef> {
    if call.len() == 1 {
        return Ok(Arc::clone(call.array(0)?));
    }
    let item = Arc::new(list_item(&call.result)?);
    let part = bigint_at(&call.bigint(1)?, 0).and_then(|part| usize::try_from(part).ok()).unwrap_or(0);
    if let Some(map) = call.array(0)?.as_map_opt() {
        let values = if part == 0 { map.keys() } else { map.values() };
        return Ok(Arc::new(ListArray::try_new(
            item,
            map.offsets().clone(),
            Arc::clone(values),
            map.nulls().cloned(),
        )?));
    }
    let lists = lists(call, 0)?;
    let Some(rows) = lists.values().as_struct_opt() else { return exec_err!("Rows are expected") };
    let Some(values) = rows.columns().get(part) else { return exec_err!("A row has no such field") };
    let absent: BooleanArray = (0..rows.len()).map(|row| Some(rows.is_null(row))).collect();
    let values = arrow::compute::nullif(values, &absent)?;
    Ok(Arc::new(ListArray::try_new(item, lists.offsets().clone(), values, lists.nulls().cloned())?))
}
