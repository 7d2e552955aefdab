//! Where a result's file lies. The location comes over the network, so nothing of it reaches a host name or a path unchecked.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What S3 leaves as it is in a path, besides letters and digits.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');
/// S3's own limit for a key, in bytes.
const MOST_KEY_BYTES: usize = 1024;

/// An object in S3, by names that S3 allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Location {
    bucket: String,
    key: String,
}

/// Where to send a request for an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    /// Scheme and host, without a path.
    pub(super) endpoint: String,
    /// The path, percent-encoded, from its slash on.
    pub(super) path: String,
}

impl Location {
    /// Reads `s3://bucket/key`; `None` where it is anything else, or has a name that S3 would not give.
    pub(super) fn parse(url: &str) -> Option<Self> {
        let (bucket, key) = url.strip_prefix("s3://")?.split_once('/')?;
        (is_bucket(bucket) && is_key(key)).then(|| Self { bucket: bucket.to_owned(), key: key.to_owned() })
    }

    /// The bucket's name.
    pub(super) fn bucket(&self) -> &str {
        &self.bucket
    }

    /// Whether the file is of comma-separated values, as that of a SELECT is.
    pub(super) fn is_csv(&self) -> bool {
        self.key.rsplit_once('.').is_some_and(|(_, kind)| kind == "csv")
    }

    /// The object as policies name it.
    pub(super) fn arn(&self, region: &str) -> String {
        let partition = if region.starts_with("cn-") {
            "aws-cn"
        } else if region.starts_with("us-gov-") {
            "aws-us-gov"
        } else {
            "aws"
        };
        format!("arn:{partition}:s3:::{}/{}", self.bucket, self.key)
    }

    /// Where to ask for it. The bucket is part of the host, except behind an `endpoint` of the settings, whose host is given, and
    /// where it holds dots, for which the region's certificate does not hold.
    pub(super) fn address(&self, region: &str, endpoint: Option<&str>) -> Address {
        let path = format!("/{}", utf8_percent_encode(&self.key, PATH));
        if endpoint.is_none() && !self.bucket.contains('.') {
            let host = host(region);
            return Address { endpoint: format!("https://{}.{host}", self.bucket), path };
        }
        Address {
            endpoint: endpoint.map_or_else(|| regional_endpoint(region), str::to_owned),
            path: format!("/{}{path}", self.bucket),
        }
    }
}

/// S3's endpoint in a region.
pub(super) fn regional_endpoint(region: &str) -> String {
    format!("https://{}", host(region))
}

fn host(region: &str) -> String {
    let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
    format!("s3.{region}.amazonaws.com{suffix}")
}

/// S3's rules for the names of buckets; names of before 2018 that break them are read by pages.
fn is_bucket(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    let edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = name.as_bytes();
    (3..=63).contains(&bytes.len())
        && bytes.iter().copied().all(allowed)
        && edge(bytes.first())
        && edge(bytes.last())
        && !["..", ".-", "-."].iter().any(|pair| name.contains(pair))
        && name.parse::<std::net::Ipv4Addr>().is_err()
}

/// A key that no proxy reads as another: no control characters, no segment that means its parent.
fn is_key(key: &str) -> bool {
    (1..=MOST_KEY_BYTES).contains(&key.len())
        && !key.chars().any(char::is_control)
        && key.split('/').all(|segment| !matches!(segment, "." | ".."))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn location(url: &str) -> Location {
        Location::parse(url).expect(url)
    }

    #[test]
    fn what_s3_would_not_name_is_no_location() {
        let long = format!("s3://bucket/{}", "k".repeat(MOST_KEY_BYTES + 1));
        for url in [
            "",
            "s3://",
            "s3://bucket",
            "s3://bucket/",
            "s3:///key",
            "https://bucket/key",
            "S3://bucket/key",
            "s3://ab/key",
            "s3://Bucket/key",
            "s3://bucket_1/key",
            "s3://-bucket/key",
            "s3://bucket-/key",
            "s3://a..b/key",
            "s3://192.168.0.1/key",
            "s3://evil.example#/key",
            "s3://user@evil/key",
            "s3://evil:80/key",
            "s3://evil?x/key",
            "s3://bücket/key",
            "s3://bucket/a/../b",
            "s3://bucket/./b",
            "s3://bucket/a\r\nHost: evil",
            "s3://bucket/a\0",
            &long,
        ] {
            assert_eq!(Location::parse(url), None, "{url}");
        }
    }

    #[test]
    fn the_address_follows_from_bucket_region_and_endpoint() {
        for (url, region, endpoint, expected) in [
            ("s3://results/a/b.csv", "eu-west-2", None, ("https://results.s3.eu-west-2.amazonaws.com", "/a/b.csv")),
            (
                "s3://results/a b+ü%.csv",
                "cn-north-1",
                None,
                ("https://results.s3.cn-north-1.amazonaws.com.cn", "/a%20b%2B%C3%BC%25.csv"),
            ),
            ("s3://my.results/b.csv", "eu-west-2", None, ("https://s3.eu-west-2.amazonaws.com", "/my.results/b.csv")),
            (
                "s3://results/a?b#c",
                "eu-west-2",
                Some("http://127.0.0.1:4566"),
                ("http://127.0.0.1:4566", "/results/a%3Fb%23c"),
            ),
        ] {
            let address = location(url).address(region, endpoint);
            assert_eq!((address.endpoint.as_str(), address.path.as_str()), expected, "{url}");
        }
    }

    #[test]
    fn policies_name_the_object_by_its_partition() {
        let file = location("s3://results/b.csv");
        assert_eq!(file.arn("eu-west-2"), "arn:aws:s3:::results/b.csv");
        assert_eq!(file.arn("cn-north-1"), "arn:aws-cn:s3:::results/b.csv");
        assert_eq!(file.arn("us-gov-west-1"), "arn:aws-us-gov:s3:::results/b.csv");
    }

    #[test]
    fn only_a_selects_file_is_csv() {
        assert!(location("s3://results/b.csv").is_csv());
        assert!(!location("s3://results/b.txt").is_csv());
        assert!(!location("s3://results/b.csv.metadata").is_csv());
    }

    proptest! {
        #[test]
        fn no_location_leaves_its_host(url in "s3://[a-z0-9.@:#?/\\\\ -]{0,40}|s3://.{0,40}|.{0,40}") {
            if let Some(location) = Location::parse(&url) {
                for endpoint in [None, Some("https://vpce-1.s3.eu-west-2.vpce.amazonaws.com")] {
                    let Address { endpoint, path } = location.address("eu-west-2", endpoint);
                    let uri: tonic::codegen::http::Uri = format!("{endpoint}{path}").parse().expect("a URI");
                    prop_assert!(uri.host().is_some_and(|host| host.ends_with(".amazonaws.com")), "{uri}");
                    prop_assert_eq!(uri.path(), path.as_str());
                    prop_assert_eq!((uri.query(), uri.port()), (None, None));
                }
            }
        }
    }
}
