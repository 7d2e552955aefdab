//! Plans at a fixed now, and what holds of every plan.

use chrono_tz::Tz;
use proptest::prelude::*;

use super::*;
use crate::{
    notice::Severity,
    sql::kind::Decomposed,
    stitch::{Concat, Totals},
    time::CalendarUnit,
};

const NOW: &str = "2026-11-26T09:40:00Z";
const HOUR: Duration = Duration::from_hours(1);
const REACH: Reach = Reach { retention: Duration::from_hours(24), margin: Duration::from_mins(15) };

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

/// A range in hours before now.
fn hours(from: i64, to: i64) -> TimeRange {
    TimeRange { from: at(NOW) - TimeDelta::hours(from), to: at(NOW) - TimeDelta::hours(to) }
}

fn analysis(kind: Kind, step: Option<Step>, decomposes: bool) -> Analysis {
    let totals = Totals { keys: 0, partials: Vec::new(), outputs: Vec::new(), order: Vec::new(), limit: None };
    Analysis {
        kind,
        reason: String::new(),
        datasets: vec!["contacts".to_owned()],
        step,
        concat: Concat::default(),
        decomposed: decomposes.then(|| Decomposed { sql: String::new(), totals }),
    }
}

fn question(analysis: &Analysis, range: TimeRange) -> Question<'_> {
    Question {
        analysis,
        route: Route::Auto,
        freshness: Freshness::Fastest,
        range,
        now: at(NOW),
        realtime: Some(REACH),
        historical: Some(HOUR),
        pieces: Pieces::default(),
    }
}

/// The slices in short: `H 10:00-12:00`, hours and minutes alone.
fn short(plan: &Plan) -> Vec<String> {
    let time = |at: DateTime<Utc>| at.format("%dT%H:%M").to_string();
    plan.slices
        .iter()
        .map(|slice| {
            let leg = if slice.leg == Leg::Realtime { "R" } else { "H" };
            format!("{leg} {}-{}", time(slice.range.from), time(slice.range.to))
        })
        .collect()
}

#[expect(clippy::unnecessary_wraps, reason = "it stands where a step may be missing")]
fn fixed(minutes: u64) -> Option<Step> {
    Some(Step::Fixed(Duration::from_mins(minutes)))
}

#[test]
fn who_answers_which_part() {
    use Freshness::{Cheapest, Complete, Fastest};
    let buckets = analysis(Kind::Buckets, fixed(5), true);
    let rows = analysis(Kind::Rows, None, false);
    let opaque = analysis(Kind::Opaque, None, false);
    for (what, analysis, freshness, range, expected) in [
        ("within the retention", &buckets, Fastest, hours(3, 0), &["R 26T06:40-26T09:40"][..]),
        ("within the retention, cheaply", &rows, Cheapest, hours(3, 0), &["R 26T06:40-26T09:40"]),
        (
            "complete wants Athena for what is settled",
            &rows,
            Complete,
            hours(3, 0),
            &["H 26T06:40-26T08:00", "R 26T08:00-26T09:40"],
        ),
        ("complete, all younger than the lag", &rows, Complete, hours(1, 0), &["R 26T08:40-26T09:40"]),
        ("complete, all settled", &rows, Complete, hours(6, 2), &["H 26T03:40-26T07:40"]),
        ("across", &buckets, Fastest, hours(72, 0), &["H 23T09:40-26T08:00", "R 26T08:00-26T09:40"]),
        (
            "across, cheaply: the boundary stays all day",
            &rows,
            Cheapest,
            hours(72, 0),
            &["H 23T09:40-26T00:00", "R 26T00:00-26T09:40"],
        ),
        ("before", &rows, Fastest, hours(72, 48), &["H 23T09:40-24T09:40"]),
        ("ends before the lag", &rows, Fastest, hours(72, 1), &["H 23T09:40-26T08:40"]),
        ("opaque across", &opaque, Fastest, hours(72, 0), &["H 23T09:40-26T09:40"]),
        ("opaque within", &opaque, Fastest, hours(5, 0), &["R 26T04:40-26T09:40"]),
        ("into the future", &rows, Fastest, hours(3, -5), &["R 26T06:40-26T14:40"]),
        ("wholly in the future", &rows, Fastest, hours(-1, -5), &["R 26T10:40-26T14:40"]),
        ("empty", &rows, Fastest, hours(3, 3), &["R 26T06:40-26T06:40"]),
        ("empty and old", &rows, Fastest, hours(50, 50), &["H 24T07:40-24T07:40"]),
    ] {
        let plan = plan(&Question { freshness, ..question(analysis, range) }).unwrap();
        assert_eq!(short(&plan), expected, "{what}");
    }
}

#[test]
fn the_boundary_is_where_a_bucket_begins() {
    let calendar = |unit, zone| Some(Step::Calendar { unit, zone });
    for (step, expected) in [
        (fixed(60), Some("26T08:00")),
        // Every seven hours from the epoch.
        (fixed(7), Some("26T07:00")),
        (fixed(90), Some("26T06:00")),
        (fixed(24 * 60), Some("26T00:00")),
        // Weeks counted from the epoch begin on Thursdays.
        (fixed(7 * 24 * 60), Some("26T00:00")),
        (fixed(30 * 24 * 60), None),
        // A common multiple with an hour is too long for the window; the bucket itself is not.
        (fixed(1_427), Some("25T16:04")),
        (calendar(CalendarUnit::Day, Tz::America__New_York), Some("26T05:00")),
        (calendar(CalendarUnit::Day, Tz::Asia__Kolkata), Some("25T18:30")),
        (calendar(CalendarUnit::Month, Tz::UTC), None),
    ] {
        let analysis = analysis(Kind::Buckets, step, false);
        let plan = plan(&question(&analysis, hours(24 * 400, 0))).unwrap();
        let boundary = plan.boundary.as_ref().map(|boundary| boundary.at.format("%dT%H:%M").to_string());
        assert_eq!(boundary.as_deref(), expected, "{step:?}: {plan}");
    }
}

#[test]
fn a_bucket_that_straddles_is_merged_or_left_to_one_leg() {
    let month = Some(Step::Calendar { unit: CalendarUnit::Month, zone: Tz::UTC });
    let decomposes = analysis(Kind::Buckets, month, true);
    let merged = plan(&question(&decomposes, hours(24 * 90, 0))).unwrap();
    assert_eq!((merged.assembly, merged.slices.len()), (Assembly::Totals, 2));
    assert_eq!(merged.boundary.unwrap().at, at("2026-11-26T08:00:00Z"));
    assert!(merged.why.contains("is merged"), "{}", merged.why);
    let hour = analysis(Kind::Buckets, fixed(60), true);
    let cut = plan(&question(&hour, hours(24 * 90, 0))).unwrap();
    assert!(cut.slices.len() == 2 && !cut.why.contains("merged"), "{}", cut.why);

    let percentile = analysis(Kind::Buckets, month, false);
    let alone = plan(&question(&percentile, hours(24 * 90, 0))).unwrap();
    assert_eq!((alone.assembly, alone.slices.len(), alone.slices[0].leg), (Assembly::Concat, 1, Leg::Historical));
    assert!(alone.notices[0].text.contains("complete until 2026-11-26T08:40:00Z"), "{:?}", alone.notices);
    assert_eq!(alone.notices[0].severity, Severity::Warning);
}

#[test]
fn legs_that_cannot_meet_leave_the_answer_to_one() {
    // Athena is complete for what is older than Timestream keeps, and for nothing else.
    let historical = Some(Duration::from_hours(30));
    for analysis in
        [analysis(Kind::Rows, None, false), analysis(Kind::Totals, None, true), analysis(Kind::Buckets, fixed(5), true)]
    {
        let plan = plan(&Question { historical, ..question(&analysis, hours(72, 0)) }).unwrap();
        assert_eq!(short(&plan), ["H 23T09:40-26T09:40"]);
        assert!(plan.notices.iter().any(|notice| notice.text.contains("may be missing")), "{plan}");
    }
}

#[test]
fn what_one_leg_has_whole_is_not_left_to_the_other() {
    // No bucket of six hours begins after Timestream's reach and before Athena's lag.
    let buckets = analysis(Kind::Buckets, fixed(6 * 60), false);
    let realtime = Some(Reach { retention: Duration::from_hours(3), margin: Duration::ZERO });
    let range = TimeRange { from: at("2026-11-26T07:00:00Z"), to: at("2026-11-26T09:40:00Z") };
    let plan = plan(&Question { freshness: Freshness::Complete, realtime, ..question(&buckets, range) }).unwrap();
    assert_eq!(short(&plan), ["R 26T07:00-26T09:40"]);
    assert!(plan.notices.is_empty(), "{plan}");
}

#[test]
fn a_window_of_an_instant_is_a_window() {
    let rows = analysis(Kind::Rows, None, false);
    let now = at(NOW) + TimeDelta::milliseconds(1);
    let lag = REACH.retention.saturating_sub(REACH.margin);
    let plan = plan(&Question { now, historical: Some(lag), ..question(&rows, hours(72, 0)) }).unwrap();
    assert_eq!(plan.boundary.map(|boundary| boundary.at), Some(now - lag));
}

#[test]
fn totals_are_merged_across_the_boundary_and_asked_whole_on_one_leg() {
    let totals = analysis(Kind::Totals, None, true);
    assert_eq!(plan(&question(&totals, hours(72, 0))).unwrap().assembly, Assembly::Totals);
    assert_eq!(plan(&question(&totals, hours(2, 0))).unwrap().assembly, Assembly::Concat);
    let pieces = Pieces { realtime: 4, historical: 1 };
    let cut = plan(&Question { pieces, ..question(&totals, hours(2, 0)) }).unwrap();
    assert_eq!((cut.assembly, cut.slices.len()), (Assembly::Totals, 4));
}

#[test]
fn buckets_are_read_whole_unless_that_reads_far_more() {
    let buckets = analysis(Kind::Buckets, fixed(60), false);
    let plan_of = |range| plan(&question(&buckets, range)).unwrap().range;
    assert_eq!(plan_of(hours(3, 0)), TimeRange { from: at("2026-11-26T06:00:00Z"), to: at("2026-11-26T10:00:00Z") });
    let minutes = TimeRange { from: at(NOW) - TimeDelta::minutes(10), to: at(NOW) };
    assert_eq!(plan_of(minutes), minutes, "a bucket is six times as long as the range");
}

#[test]
fn a_leg_that_is_named_answers_alone_and_says_what_it_lacks() {
    let rows = analysis(Kind::Rows, None, false);
    for (leg, range, says) in [
        (
            Leg::Realtime,
            hours(72, 0),
            Some("Timestream keeps 1d: rows from 2026-11-23T09:40:00Z to 2026-11-25T09:40:00Z"),
        ),
        (Leg::Realtime, hours(23, 0), None),
        (Leg::Historical, hours(72, 0), Some("Athena is complete until 2026-11-26T08:40:00Z")),
        (Leg::Historical, hours(72, 2), None),
        // Nothing has happened yet that could be missing.
        (
            Leg::Historical,
            hours(72, -5),
            Some(
                "Athena is complete until 2026-11-26T08:40:00Z: rows from 2026-11-26T08:40:00Z to 2026-11-26T09:40:00Z may be missing",
            ),
        ),
        (Leg::Historical, hours(0, -5), None),
        (Leg::Historical, hours(-1, -2), None),
    ] {
        let plan = plan(&Question { route: Route::Only(leg), ..question(&rows, range) }).unwrap();
        assert_eq!((plan.slices.len(), plan.slices[0].leg, plan.boundary), (1, leg, None));
        let notice = plan.notices.first();
        assert_eq!(notice.is_some(), says.is_some(), "{notice:?}");
        assert!(
            notice.is_none_or(|notice| notice.severity == Severity::Info && notice.text.starts_with(says.unwrap()))
        );
    }
}

#[test]
fn where_one_leg_has_the_data_it_answers() {
    let rows = analysis(Kind::Rows, None, false);
    let asked = question(&rows, hours(72, 0));
    let realtime = plan(&Question { historical: None, ..asked }).unwrap();
    assert_eq!((realtime.slices[0].leg, realtime.notices.len()), (Leg::Realtime, 1));
    let historical = plan(&Question { realtime: None, ..asked }).unwrap();
    assert_eq!((historical.slices[0].leg, historical.notices.len()), (Leg::Historical, 1));
    assert_eq!(plan(&Question { realtime: None, historical: None, ..asked }), None);
}

#[test]
fn a_plan_can_be_printed() {
    let rows = analysis(Kind::Rows, None, false);
    let plan = plan(&question(&rows, hours(72, 0))).unwrap();
    assert_eq!(plan.summary(), "Athena until 2026-11-26T08:00:00Z, Timestream since");
    let text = plan.to_string();
    for line in [
        "boundary 2026-11-26T08:00:00Z: the last of every 1h",
        "historical [2026-11-23T09:40:00Z, 2026-11-26T08:00:00Z)",
    ] {
        assert!(text.contains(line), "{text}");
    }
}

fn steps() -> impl Strategy<Value = Option<Step>> {
    prop_oneof![
        Just(None),
        (1_u64..50_000).prop_map(|seconds| Some(Step::Fixed(Duration::from_secs(seconds)))),
        prop::sample::select(vec![fixed(1), fixed(5), fixed(7), fixed(60), fixed(90), fixed(1440), fixed(10_080)]),
        (
            prop::sample::select(vec![
                CalendarUnit::Day,
                CalendarUnit::Week,
                CalendarUnit::Month,
                CalendarUnit::Quarter,
                CalendarUnit::Year
            ]),
            prop::sample::select(vec![
                Tz::UTC,
                Tz::Europe__London,
                Tz::America__New_York,
                Tz::Asia__Kolkata,
                Tz::Australia__Lord_Howe
            ])
        )
            .prop_map(|(unit, zone)| Some(Step::Calendar { unit, zone })),
    ]
}

proptest! {
    /// No instant of the range is answered by two legs, none by neither; no leg is asked what it cannot answer, unless it
    /// answers alone and says so; no bucket is cut, unless its parts are merged.
    #[test]
    fn slices_cover_the_range_once(
        kind in prop::sample::select(vec![Kind::Buckets, Kind::Rows, Kind::Totals, Kind::Opaque]),
        step in steps(),
        decomposes: bool,
        freshness in prop::sample::select(vec![Freshness::Fastest, Freshness::Cheapest, Freshness::Complete]),
        now in 1_700_000_000_000_i64..1_900_000_000_000,
        from in -800 * 86_400_000_i64..86_400_000,
        length in 0_i64..400 * 86_400_000,
        retention in 60_u64..10_000,
        lag_share in 0.0..0.9,
        realtime in 1_usize..8,
        historical in 1_usize..8,
    ) {
        let decomposes = decomposes || kind == Kind::Totals;
        let step = if kind == Kind::Buckets { step.or(fixed(5)) } else { step };
        let analysis = analysis(kind, step, decomposes);
        let now = DateTime::from_timestamp_millis(now).unwrap();
        let from = now + TimeDelta::milliseconds(from);
        let range = TimeRange { from, to: from + TimeDelta::milliseconds(length) };
        let reach = Reach { retention: Duration::from_mins(retention), margin: Duration::from_mins(retention / 50) };
        let lag = Duration::from_mins(retention).mul_f64(lag_share);
        let asked = Question { freshness, range, now, realtime: Some(reach), historical: Some(lag), pieces: Pieces { realtime, historical }, ..question(&analysis, range) };
        let plan = plan(&asked).unwrap();

        prop_assert!(plan.range.from <= range.from && plan.range.to >= range.to);
        prop_assert_eq!(plan.slices.first().unwrap().range.from, plan.range.from);
        prop_assert_eq!(plan.slices.last().unwrap().range.to, plan.range.to);
        for pair in plan.slices.windows(2) {
            prop_assert_eq!(pair[0].range.to, pair[1].range.from);
            prop_assert!(pair[0].range.from < pair[0].range.to);
            let joint = pair[1].range.from;
            if kind == Kind::Buckets && plan.assembly == Assembly::Concat {
                prop_assert_eq!(step.unwrap().floor(joint), Some(joint), "a bucket is cut");
            }
            prop_assert!(kind != Kind::Opaque, "an opaque statement is cut");
            prop_assert!(!(pair[0].leg == Leg::Realtime && pair[1].leg == Leg::Historical));
        }
        if plan.legs().count() == 2 {
            for slice in &plan.slices {
                match slice.leg {
                    Leg::Realtime => prop_assert!(slice.range.from >= now - reach.retention + reach.margin),
                    Leg::Historical => prop_assert!(slice.range.to <= now - lag),
                }
            }
        } else if plan.notices.is_empty() && range.from < range.to {
            match plan.slices[0].leg {
                Leg::Realtime => prop_assert!(plan.range.from >= now - reach.retention),
                Leg::Historical => prop_assert!(plan.range.to.min(now) <= now - lag),
            }
        }
        if plan.slices.len() > 1 && kind == Kind::Totals {
            prop_assert_eq!(plan.assembly, Assembly::Totals);
        }
    }
}
