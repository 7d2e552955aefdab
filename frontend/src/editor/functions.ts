// The functions that completion offers: those of Trino (Athena) and of Timestream that analytics of contacts needs.
import type { Leg } from '../types';

export interface SqlFunction {
  name: string;
  signature: string;
  description: string;
  legs: Leg[];
}

const BOTH: Leg[] = ['realtime', 'historical'];

const of = (legs: Leg[], rows: ReadonlyArray<[string, string]>): SqlFunction[] =>
  rows.map(([signature, description]) => ({
    name: signature.slice(0, signature.indexOf('(')),
    signature,
    description,
    legs,
  }));

export const FUNCTIONS: SqlFunction[] = [
  ...of(BOTH, [
    ['count(x)', 'How many rows, or how many where x is not null'],
    ['count_if(condition)', 'How many rows where the condition holds'],
    ['sum(x)', 'Sum'],
    ['avg(x)', 'Mean'],
    ['min(x)', 'Least'],
    ['max(x)', 'Greatest'],
    ['min_by(x, y)', 'x of the row with the least y'],
    ['max_by(x, y)', 'x of the row with the greatest y'],
    ['approx_distinct(x)', 'About how many different values'],
    ['approx_percentile(x, p)', 'About the value below which a share p of the rows is'],
    ['stddev(x)', 'Standard deviation of a sample'],
    ['arbitrary(x)', 'Any value that is not null'],
    ['array_agg(x)', 'All values as an array'],
    ['coalesce(a, b)', 'The first that is not null'],
    ['nullif(a, b)', 'Null where both are equal, else a'],
    ['if(condition, a, b)', 'a where the condition holds, else b'],
    ['cast(x AS type)', 'x as another type'],
    ['try_cast(x AS type)', 'x as another type, null where it is none'],
    ['round(x, digits)', 'Rounded'],
    ['abs(x)', 'Without its sign'],
    ['ceil(x)', 'Rounded up'],
    ['floor(x)', 'Rounded down'],
    ['greatest(a, b)', 'The greater'],
    ['least(a, b)', 'The lesser'],
    ['concat(a, b)', 'Texts put together'],
    ['lower(text)', 'In lower case'],
    ['upper(text)', 'In upper case'],
    ['trim(text)', 'Without blanks around'],
    ['length(text)', 'How many characters'],
    ['substr(text, start, length)', 'A part of a text'],
    ['replace(text, search, replacement)', 'Every occurrence replaced'],
    ['split(text, delimiter)', 'The parts as an array'],
    ['strpos(text, search)', 'Where a text occurs, from 1'],
    ['regexp_like(text, pattern)', 'Whether a pattern occurs'],
    ['regexp_extract(text, pattern, group)', 'What a pattern finds'],
    ['regexp_replace(text, pattern, replacement)', 'What a pattern finds replaced'],
    ['json_extract_scalar(json, path)', 'A value in JSON as text'],
    ['now()', 'When the query began'],
    ['date_trunc(unit, time)', 'The beginning of the day, week, month and so on'],
    ['date_add(unit, count, time)', 'A time moved by so many units'],
    ['date_diff(unit, start, end)', 'How many units lie between'],
    ['date_format(time, format)', 'A time as text'],
    ['from_iso8601_timestamp(text)', 'The time that a text such as 2026-01-31T12:00:00Z says'],
    ['to_iso8601(time)', 'A time as such a text'],
    ['hour(time)', 'The hour of the day'],
    ['day_of_week(time)', 'The day of the week, Monday is 1'],
    ['row_number()', 'The row’s number within its window'],
    ['rank()', 'The row’s rank within its window'],
    ['lag(x, offset)', 'x of an earlier row of the window'],
    ['lead(x, offset)', 'x of a later row of the window'],
    ['first_value(x)', 'x of the window’s first row'],
    ['last_value(x)', 'x of the window’s last row'],
  ]),
  ...of(
    ['realtime'],
    [
      ['bin(time, width)', 'The bucket of that width that a time is in'],
      ['ago(width)', 'That long before now'],
      ['from_milliseconds(number)', 'The time so many milliseconds after 1970'],
      ['to_milliseconds(time)', 'Milliseconds since 1970'],
      ['create_time_series(time, x)', 'A time series of rows'],
      ['interpolate_linear(series, times)', 'A time series filled along straight lines'],
      ['interpolate_locf(series, times)', 'A time series filled with the value before'],
      ['interpolate_fill(series, times, x)', 'A time series filled with one value'],
      ['derivative_linear(series, width)', 'Change over each width'],
      ['non_negative_derivative_linear(series, width)', 'Growth over each width'],
      ['integral_trapezoidal(series, width)', 'Area below a time series'],
    ]
  ),
  ...of(
    ['historical'],
    [
      ['from_unixtime(seconds)', 'The time so many seconds after 1970'],
      ['to_unixtime(time)', 'Seconds since 1970'],
      ['date_parse(text, format)', 'The time that a text says in a format'],
      ['parse_datetime(text, format)', 'The same, in Java’s letters'],
      ['at_timezone(time, zone)', 'A time in another zone'],
      ['json_extract(json, path)', 'A part of JSON'],
      ['json_parse(text)', 'A text as JSON'],
      ['element_at(map, key)', 'A map’s value, null where there is none'],
      ['map_keys(map)', 'A map’s keys'],
      ['cardinality(x)', 'How many items'],
      ['contains(array, x)', 'Whether an array holds x'],
      ['filter(array, x -> condition)', 'The items for which the condition holds'],
      ['transform(array, x -> y)', 'Each item as something else'],
      ['sequence(start, end, step)', 'An array of steps'],
      ['ntile(count)', 'Which of so many equal parts of its window a row is in'],
      ['tdigest_agg(x)', 'A sketch for percentiles'],
      ['url_extract_host(url)', 'A URL’s host'],
    ]
  ),
];
