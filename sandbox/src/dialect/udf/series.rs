//! Timestream's time series: made of points, and interpolated at chosen times.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int64Array, ListArray, StructArray, UInt64Array};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::{cast, concat, take};
use arrow::datatypes::{DataType, Field, Float64Type, Int64Type};
use datafusion::common::{Result, exec_err, plan_err};
use datafusion::logical_expr::ReturnFieldArgs;

use super::{Arguments, Definition, argument_field, function, of};
use crate::engine::{SqlType, types};

pub(super) const FUNCTIONS: &[Definition] = &[
    function("as_time_series", 1..=1, series_type, as_time_series),
    function("interpolate_fill", 3..=3, same_kind, |call| interpolate(call, Method::Fill)),
    function("interpolate_linear", 2..=2, double_kind, |call| interpolate(call, Method::Linear)),
    function("interpolate_locf", 2..=2, same_kind, |call| interpolate(call, Method::LastCarriedForward)),
    function("interpolate_spline_cubic", 2..=2, double_kind, |call| interpolate(call, Method::CubicSpline)),
];

/// The type of the values of a list of points.
fn point_value(field: &Field) -> Result<SqlType> {
    if let DataType::List(item) = field.data_type()
        && let DataType::Struct(fields) = item.data_type()
        && let [_, value] = fields.as_ref()
    {
        return Ok(types::sql_type(value));
    }
    plan_err!("TYPE_MISMATCH: A time series is expected")
}

fn series_type(arguments: &ReturnFieldArgs) -> Result<Field> {
    of(&SqlType::TimeSeries(Box::new(point_value(&argument_field(arguments, 0)?)?)))
}

/// A series where the times are an array, else one value.
fn kind(arguments: &ReturnFieldArgs, value: SqlType) -> Result<Field> {
    match argument_field(arguments, 1)?.data_type() {
        DataType::List(_) => of(&SqlType::TimeSeries(Box::new(value))),
        _ => of(&value),
    }
}

fn same_kind(arguments: &ReturnFieldArgs) -> Result<Field> {
    kind(arguments, point_value(&argument_field(arguments, 0)?)?)
}

fn double_kind(arguments: &ReturnFieldArgs) -> Result<Field> {
    point_value(&argument_field(arguments, 0)?)?;
    kind(arguments, SqlType::Double)
}

fn as_time_series(call: &Arguments) -> Result<ArrayRef> {
    Ok(cast(call.array(0)?, call.result.data_type())?)
}

/// How values between points are had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    Linear,
    CubicSpline,
    LastCarriedForward,
    Fill,
}

fn nanos(array: &ArrayRef) -> Result<Int64Array> {
    let stamps = cast(array, &DataType::Timestamp(arrow::datatypes::TimeUnit::Nanosecond, None))?;
    Ok(cast(&stamps, &DataType::Int64)?.as_primitive::<Int64Type>().clone())
}

/// The points of a series, by time, nulls left out: times, and where the values stand among all values.
struct Points {
    times: Vec<i64>,
    places: Vec<u64>,
}

fn points(series: &ListArray, row: usize, times: &Int64Array, values: &ArrayRef) -> Points {
    let offsets = series.value_offsets();
    let (first, end) = (offsets[row], offsets[row + 1]);
    let mut points: Vec<(i64, u64)> = (first..end)
        .filter_map(|at| usize::try_from(at).ok())
        .filter(|&at| times.is_valid(at) && values.is_valid(at))
        .map(|at| (times.value(at), at as u64))
        .collect();
    points.sort_unstable();
    points.dedup_by_key(|(time, _)| *time);
    let (times, places) = points.into_iter().unzip();
    Points { times, places }
}

fn interpolate(call: &Arguments, method: Method) -> Result<ArrayRef> {
    let Some(series) = call.array(0)?.as_list_opt::<i32>() else { return exec_err!("A time series is expected") };
    let Some(structs) = series.values().as_struct_opt() else { return exec_err!("A time series is expected") };
    let (times, values) = (nanos(structs.column(0))?, structs.column(1));
    let wanted = call.array(1)?;
    let lists = wanted.as_list_opt::<i32>();
    let wanted_times = nanos(lists.map_or(wanted, ListArray::values))?;
    let wanted_range = |row: usize| match lists {
        Some(lists) => (lists.value_offsets()[row], lists.value_offsets()[row + 1]),
        None => (i32::try_from(row).unwrap_or(0), i32::try_from(row + 1).unwrap_or(0)),
    };
    let (mut result, mut at_times, mut lengths, mut valid) = (Column::new(method), Vec::new(), Vec::new(), Vec::new());
    for row in 0..call.rows {
        let points = points(series, row, &times, values);
        let (first, end) = wanted_range(row);
        let is_valid = series.is_valid(row) && lists.is_none_or(|lists| lists.is_valid(row));
        valid.push(is_valid);
        let wanted = (first..end).filter_map(|at| usize::try_from(at).ok()).filter(|_| is_valid || lists.is_none());
        let before = at_times.len();
        let curve = Curve::new(method, &points, values)?;
        for at in wanted {
            let time = wanted_times.is_valid(at).then(|| wanted_times.value(at));
            result.push(time.filter(|_| is_valid), row, &points, &curve);
            at_times.push(time);
        }
        lengths.push(at_times.len() - before);
    }
    let result = result.finish(call, values)?;
    let DataType::List(item) = call.result.data_type() else { return Ok(cast(&result, call.result.data_type())?) };
    let DataType::Struct(fields) = item.data_type() else { return exec_err!("A time series is expected") };
    let at_times: ArrayRef = Arc::new(Int64Array::from(at_times));
    let columns = vec![cast(&at_times, fields[0].data_type())?, cast(&result, fields[1].data_type())?];
    let structs: ArrayRef = Arc::new(StructArray::try_new(fields.clone(), columns, None)?);
    let nulls = Some(NullBuffer::from(valid));
    Ok(Arc::new(ListArray::try_new(Arc::clone(item), OffsetBuffer::from_lengths(lengths), structs, nulls)?))
}

/// The values found: computed, or places of values that are there.
enum Column {
    Computed(Vec<Option<f64>>),
    Chosen(Vec<Choice>),
}

/// A value that is there, the filling value of a row, or none.
#[derive(Debug, Clone, Copy)]
enum Choice {
    Place(u64),
    Filling(usize),
    Nothing,
}

impl Column {
    fn new(method: Method) -> Self {
        match method {
            Method::Linear | Method::CubicSpline => Self::Computed(Vec::new()),
            Method::LastCarriedForward | Method::Fill => Self::Chosen(Vec::new()),
        }
    }

    fn push(&mut self, time: Option<i64>, row: usize, points: &Points, curve: &Curve) {
        match self {
            Self::Computed(values) => values.push(time.and_then(|time| curve.at(time))),
            Self::Chosen(choices) => choices.push(match time {
                None => Choice::Nothing,
                Some(time) if curve.method == Method::Fill => match points.times.binary_search(&time) {
                    Ok(at) => Choice::Place(points.places[at]),
                    Err(_) => Choice::Filling(row),
                },
                Some(time) => match points.times.partition_point(|known| *known <= time) {
                    0 => Choice::Nothing,
                    after => Choice::Place(points.places[after - 1]),
                },
            }),
        }
    }

    fn finish(self, call: &Arguments, values: &ArrayRef) -> Result<ArrayRef> {
        let choices = match self {
            Self::Computed(values) => return Ok(Arc::new(Float64Array::from(values))),
            Self::Chosen(choices) => choices,
        };
        let filling = match call.array(2) {
            Ok(filling) => cast(filling, values.data_type())?,
            Err(_) => arrow::array::new_empty_array(values.data_type()),
        };
        let all = concat(&[values.as_ref(), filling.as_ref()])?;
        let places = choices.into_iter().map(|choice| match choice {
            Choice::Place(place) => Some(place),
            Choice::Filling(row) => Some((values.len() + row) as u64),
            Choice::Nothing => None,
        });
        Ok(take(&all, &places.collect::<UInt64Array>(), None)?)
    }
}

/// What is needed to compute values between points.
struct Curve {
    method: Method,
    times: Vec<f64>,
    values: Vec<f64>,
    /// Second derivatives at the points, of a natural spline.
    bends: Vec<f64>,
    origin: i64,
}

impl Curve {
    #[expect(clippy::cast_precision_loss, reason = "times are taken from the first point, in seconds")]
    fn new(method: Method, points: &Points, values: &ArrayRef) -> Result<Self> {
        let origin = points.times.first().copied().unwrap_or(0);
        let mut curve = Self { method, times: Vec::new(), values: Vec::new(), bends: Vec::new(), origin };
        if matches!(method, Method::Linear | Method::CubicSpline) {
            curve.times = points.times.iter().map(|time| (time - origin) as f64 / 1e9).collect();
            let values = take(values, &UInt64Array::from(points.places.clone()), None)?;
            curve.values = cast(&values, &DataType::Float64)?.as_primitive::<Float64Type>().values().to_vec();
            curve.bends = match method {
                Method::CubicSpline => natural_bends(&curve.times, &curve.values),
                _ => vec![0.0; curve.times.len()],
            };
        }
        Ok(curve)
    }

    /// The value at a time; none outside the points.
    #[expect(clippy::cast_precision_loss, reason = "times are taken from the first point, in seconds")]
    fn at(&self, time: i64) -> Option<f64> {
        let time = (time - self.origin) as f64 / 1e9;
        let after = self.times.partition_point(|known| *known <= time);
        let before = after.checked_sub(1)?;
        let (left, left_value) = (self.times[before], self.values[before]);
        if (time - left).abs() < f64::EPSILON {
            return Some(left_value);
        }
        let (right, right_value) = (*self.times.get(after)?, self.values[after]);
        let width = right - left;
        let (a, b) = ((right - time) / width, (time - left) / width);
        let bend = (a * a * a - a) * self.bends[before] + (b * b * b - b) * self.bends[after];
        Some(a * left_value + b * right_value + bend * width * width / 6.0)
    }
}

/// Second derivatives of the natural cubic spline through points.
fn natural_bends(times: &[f64], values: &[f64]) -> Vec<f64> {
    let count = times.len();
    let mut bends = vec![0.0; count];
    if count < 3 {
        return bends;
    }
    let mut slopes = vec![0.0; count];
    for at in 1..count - 1 {
        let share = (times[at] - times[at - 1]) / (times[at + 1] - times[at - 1]);
        let pivot = share * bends[at - 1] + 2.0;
        bends[at] = (share - 1.0) / pivot;
        let change = (values[at + 1] - values[at]) / (times[at + 1] - times[at])
            - (values[at] - values[at - 1]) / (times[at] - times[at - 1]);
        slopes[at] = (6.0 * change / (times[at + 1] - times[at - 1]) - share * slopes[at - 1]) / pivot;
    }
    bends[count - 1] = 0.0;
    for at in (0..count - 1).rev() {
        bends[at] = bends[at] * bends[at + 1] + slopes[at];
    }
    bends[0] = 0.0;
    bends
}
