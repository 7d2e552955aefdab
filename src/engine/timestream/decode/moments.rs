//! The time series of one row, joined on time.

use aws_sdk_timestreamquery::types::TimeSeriesDataPoint;

/// The points of one series, each with its time in nanoseconds since the epoch.
type Points<'a> = Vec<(i64, &'a TimeSeriesDataPoint)>;

/// Moments x series: the point that a series has at a moment, if any.
///
/// A single series keeps its order. Several are put in order of time, and a moment that one of them has twice is two
/// moments, so that no point is lost.
#[derive(Debug)]
pub(super) struct Moments<'a> {
    times: Vec<i64>,
    /// Moment by moment, `series` of them each.
    points: Vec<Option<&'a TimeSeriesDataPoint>>,
    series: usize,
}

impl<'a> Moments<'a> {
    /// Joins the series of one row.
    pub(super) fn join(mut all: Vec<Points<'a>>) -> Self {
        let series = all.len();
        if series <= 1 {
            let (times, points) =
                all.pop().unwrap_or_default().into_iter().map(|(time, point)| (time, Some(point))).unzip();
            return Self { times, points, series: 1 };
        }
        // (time, how many points of its series at that time came before, series, point)
        let mut entries = Vec::new();
        for (index, mut points) in all.into_iter().enumerate() {
            points.sort_by_key(|(time, _)| *time);
            let mut previous = None;
            let mut earlier = 0_usize;
            for (time, point) in points {
                earlier = if previous == Some(time) { earlier + 1 } else { 0 };
                previous = Some(time);
                entries.push((time, earlier, index, point));
            }
        }
        entries.sort_by_key(|(time, earlier, index, _)| (*time, *earlier, *index));
        let mut joined = Self { times: Vec::new(), points: Vec::new(), series };
        for moment in entries.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let start = joined.points.len();
            joined.times.extend(moment.first().map(|(time, ..)| *time));
            joined.points.resize(start + series, None);
            for (_, _, index, point) in moment {
                if let Some(slot) = joined.points.get_mut(start + index) {
                    *slot = Some(point);
                }
            }
        }
        joined
    }

    /// How many moments there are.
    pub(super) const fn len(&self) -> usize {
        self.times.len()
    }

    /// Their times.
    pub(super) fn times(&self) -> impl Iterator<Item = i64> {
        self.times.iter().copied()
    }

    /// What a series has at each of them.
    pub(super) fn points(&self, series: usize) -> impl Iterator<Item = Option<&'a TimeSeriesDataPoint>> {
        self.points.iter().skip(series).step_by(self.series).copied()
    }
}
