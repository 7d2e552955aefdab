//! Which functions and macros look at one row, and which at many. What is on no list may be either.

/// Functions of one row, whose value depends on their arguments alone; of Trino, Athena and Timestream.
const ROW_WISE: &str = "
    abs acos asin atan atan2 cbrt ceil ceiling cos cosh cosine_similarity degrees e exp floor from_base infinity is_finite
    is_infinite is_nan ln log log10 log2 mod nan pi pow power radians round sign sin sinh sqrt tan tanh to_base truncate
    width_bucket bit_count bitwise_and bitwise_or bitwise_xor bitwise_not bitwise_left_shift bitwise_right_shift
    chr codepoint concat concat_ws hamming_distance length levenshtein_distance lower lpad ltrim luhn_check normalize
    position replace reverse rpad rtrim soundex split split_part split_to_map strpos starts_with substr substring translate
    trim upper word_stem to_utf8 from_utf8 format format_number
    coalesce if nullif try greatest least
    regexp_count regexp_extract regexp_extract_all regexp_like regexp_position regexp_replace regexp_split
    json_extract json_extract_scalar json_parse json_format json_size json_array_length json_array_contains json_array_get
    is_json_scalar url_extract_fragment url_extract_host url_extract_parameter url_extract_path url_extract_port
    url_extract_protocol url_extract_query url_encode url_decode
    date date_trunc date_add date_diff date_format date_parse day day_of_month day_of_week day_of_year dow doy hour
    millisecond minute month quarter second week week_of_year year year_of_week yow timezone_hour timezone_minute
    at_timezone with_timezone from_unixtime from_unixtime_nanos from_iso8601_timestamp from_iso8601_timestamp_nanos
    from_iso8601_date to_unixtime to_milliseconds from_milliseconds from_nanoseconds to_nanoseconds
    parse_datetime format_datetime parse_duration human_readable_seconds last_day_of_month bin
    from_hex to_hex md5 sha1 sha256 sha512 xxhash64 crc32 to_base64 from_base64 to_base64url from_base64url
    hmac_md5 hmac_sha1 hmac_sha256 hmac_sha512
    cardinality contains element_at array_distinct array_except array_intersect array_join array_max array_min
    array_position array_remove array_sort array_union arrays_overlap flatten repeat sequence slice zip zip_with
    map map_concat map_entries map_filter map_from_entries map_keys map_values map_zip_with transform transform_keys
    transform_values filter reduce any_match all_match none_match combinations ngrams trim_array row
";

/// Functions of the rows of a group.
const AGGREGATE: &str = "
    any_value approx_distinct approx_most_frequent approx_percentile approx_set arbitrary array_agg avg bitwise_and_agg
    bitwise_or_agg bitwise_xor_agg bool_and bool_or checksum corr count count_if covar_pop covar_samp entropy every
    geometric_mean histogram kurtosis listagg map_agg map_union max max_by merge min min_by multimap_agg numeric_histogram
    qdigest_agg tdigest_agg regr_intercept regr_slope skewness stddev stddev_pop stddev_samp sum var_pop var_samp variance
";

/// Functions and words whose value changes from call to call, or from session to session.
const CHANGING: &str = "
    now ago current_timestamp current_date current_time current_timezone localtime localtimestamp random rand uuid shuffle
    secure_random secure_rand current_user current_role current_catalog current_schema current_path session_user user
";

/// Macros of one row, or of none: `$__from()` is the panel's, whatever the slice.
const ROW_WISE_MACROS: &str = "
    timeGroup day hourOfDay dayOfWeek secondsBetween if regex timeFilter from to interval interval_ms interval_raw_ms
";

/// Macros of the rows of a group.
const AGGREGATE_MACROS: &str = "percentile distinct";

/// How many rows a function looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    RowWise,
    Aggregate,
    Changing,
    Unknown,
}

/// The role of the function or word `name`, in lower case.
pub(super) fn role(name: &str) -> Role {
    if lists(ROW_WISE, name) {
        Role::RowWise
    } else if lists(AGGREGATE, name) {
        Role::Aggregate
    } else if lists(CHANGING, name) {
        Role::Changing
    } else {
        Role::Unknown
    }
}

/// The role of the macro `$__name`.
pub(super) fn macro_role(name: &str) -> Role {
    if lists(ROW_WISE_MACROS, name) {
        Role::RowWise
    } else if lists(AGGREGATE_MACROS, name) {
        Role::Aggregate
    } else {
        Role::Unknown
    }
}

fn lists(list: &str, name: &str) -> bool {
    list.split_ascii_whitespace().any(|listed| listed == name)
}
