//! The rows of a larger result from the file that Athena writes of it in S3: a page of a thousand rows takes Athena a fifth of a
//! second, and S3 hands out megabytes in that time.
//!
//! All or nothing: whatever is wrong with the file or on the way to it, the rows come in pages instead, from where they were.

mod answer;
mod csv;
mod location;
mod objects;
mod reader;
mod refusals;

use std::{ops::Range, pin::pin, sync::Arc};

use aws_config::SdkConfig;
use aws_sdk_athena::types::{ColumnInfo, QueryExecution, Row};
use futures::{StreamExt, stream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use self::{
    location::Location,
    objects::{Objects, Part, Refusal},
    reader::{Reader, Trouble},
    refusals::Refusals,
};
use super::table::{Layout, Table};
use crate::{
    aws::{CredentialCache, is_loopback_url, presentable},
    error::{Error, Result},
    settings::Historical,
};

/// Bytes asked for at once.
const PART_BYTES: u64 = 4 << 20;
/// Parts of one file under way or waiting to be parsed.
const PARTS_AT_ONCE: usize = 4;
/// Parts of all files in memory.
const PARTS_IN_MEMORY: usize = 16;
/// Smaller pieces are parsed where they arrive; larger ones off the async threads, so that other panels keep moving.
const BYTES_PARSED_INLINE: usize = 128 << 10;

/// Reads results' files.
#[derive(Debug)]
pub(super) struct Files {
    objects: Objects,
    refusals: Refusals,
    permits: Arc<Semaphore>,
    /// S3 is not asked at all, for this reason.
    never: Option<&'static str>,
    part_bytes: u64,
}

/// The first page of a result that has more.
pub(super) struct FirstPage<'a> {
    /// What its columns are.
    pub(super) columns: &'a [ColumnInfo],
    /// Its rows, the header among them.
    pub(super) rows: Vec<Row>,
    /// How they are laid out.
    pub(super) layout: Layout,
    /// Whether the first row is a header.
    pub(super) has_header: bool,
}

/// A whole result out of its file.
pub(super) struct Whole {
    /// Its rows.
    pub(super) table: Table,
    /// Bytes read.
    pub(super) bytes: u64,
}

/// Rows out of a file, or why there are none.
pub(super) type Outcome = Result<Whole, String>;

impl Files {
    /// Prepares the reading; calls nothing yet.
    pub(super) fn new(config: &SdkConfig, credentials: CredentialCache, settings: &Historical) -> Self {
        // A stand-in for Athena has stand-ins for buckets: AWS's own S3 is not asked for them.
        let is_stand_in = settings.s3_endpoint.is_none() && settings.endpoint.as_deref().is_some_and(is_loopback_url);
        Self {
            objects: Objects::new(config, credentials, settings),
            refusals: Refusals::default(),
            permits: Arc::new(Semaphore::new(PARTS_IN_MEMORY)),
            never: is_stand_in
                .then_some("historical.endpoint is on this machine, and historical.s3Endpoint is not set"),
            part_bytes: PART_BYTES,
        }
    }

    /// The endpoint of S3 that is asked.
    pub(super) fn endpoint(&self) -> String {
        self.objects.endpoint()
    }

    /// Reads the result of `finished` out of its file, to at most `most_rows` rows.
    ///
    /// # Errors
    ///
    /// When the result cannot be had in any way. That the file cannot be had is an [`Outcome`].
    pub(super) async fn read(
        &self,
        finished: &QueryExecution,
        page: FirstPage<'_>,
        most_rows: usize,
    ) -> Result<Outcome> {
        let location = match self.location(finished) {
            Ok(_) if !page.has_header => return Ok(Err("the first page has no header".to_owned())),
            Ok(location) => location,
            Err(why) => return Ok(Err(why)),
        };
        let reader = Reader::new(page.columns, page.rows, page.layout, most_rows);
        match self.read_parts(&location, reader).await {
            Ok(whole) => Ok(Ok(whole)),
            Err(Trouble::File(why)) => {
                tracing::info!(why, "a result is read page by page, and not from S3");
                Ok(Err(why))
            }
            Err(Trouble::Result(error)) => Err(error),
        }
    }

    /// Asks for one byte of the file of `finished`, to see whether results can be read from S3.
    ///
    /// # Errors
    ///
    /// Why not; with whether the role or the network should be mended, or all is as it must be.
    pub(super) async fn probe(&self, finished: &QueryExecution) -> Result<(), (String, bool)> {
        let location = self.location_unless_refused(finished).map_err(|why| (why, false))?;
        match self.objects.get(&location, 0..1, None).await {
            Ok(_) => {
                self.refusals.forget(location.bucket());
                Ok(())
            }
            Err(refusal) => Err((self.note(&location, &refusal), true)),
        }
    }

    /// Where the file of `finished` is to be had.
    fn location(&self, finished: &QueryExecution) -> Result<Location, String> {
        let location = self.location_unless_refused(finished)?;
        self.refusals.of(location.bucket()).map_or(Ok(location), Err)
    }

    fn location_unless_refused(&self, finished: &QueryExecution) -> Result<Location, String> {
        if let Some(never) = self.never {
            return Err(never.to_owned());
        }
        let named = finished
            .result_configuration()
            .and_then(|results| results.output_location())
            .filter(|location| !location.is_empty())
            .ok_or("Athena names no file of the result: the workgroup keeps managed results")?;
        let location = Location::parse(named)
            .ok_or_else(|| format!("Athena names a file that S3 could not hold: {}", presentable(named)))?;
        if location.is_csv() {
            Ok(location)
        } else {
            Err("the result's file is not CSV, which only a SELECT's is".to_owned())
        }
    }

    fn note(&self, location: &Location, Refusal { why, lasting }: &Refusal) -> String {
        if *lasting {
            self.refusals.note(location.bucket(), why.message());
        }
        why.message().to_owned()
    }

    /// Reads parts side by side, and parses them one after another.
    async fn read_parts(&self, location: &Location, mut reader: Reader) -> Result<Whole, Trouble> {
        let first = self.part(location, 0..self.part_bytes, None).await?;
        self.refusals.forget(location.bucket());
        let (total, etag) = (first.part.total, first.part.etag.clone());
        let starts = (1..).map(|number| self.part_bytes * number).take_while(|start| *start < total);
        let ranges = starts.map(|start| start..total.min(start + self.part_bytes));
        let mut parts =
            pin!(stream::iter(ranges).map(|range| self.part(location, range, Some(&etag))).buffered(PARTS_AT_ONCE));
        let (mut next, mut bytes) = (Some(Ok(first)), 0);
        loop {
            let held =
                next.take().unwrap_or_else(|| Err(Trouble::File("the file has fewer parts than bytes".to_owned())))?;
            let end = held.part.start + held.part.bytes.len() as u64;
            bytes += held.part.bytes.len() as u64;
            if held.part.total != total {
                return Err(Trouble::File("the file's length has changed while it was read".to_owned()));
            }
            let is_last = end == total;
            let mut parsing = pin!(parse(reader, held, is_last));
            let mut ahead = None;
            let (parsed, goes_on) = loop {
                // Parts go on arriving while one is parsed.
                tokio::select! {
                    parsed = &mut parsing => break parsed?,
                    part = parts.next(), if ahead.is_none() && !is_last => ahead = Some(part),
                }
            };
            if is_last || !goes_on {
                return Ok(Whole { table: parsed.finish()?, bytes });
            }
            reader = parsed;
            next = match ahead {
                Some(part) => part,
                None => parts.next().await,
            };
        }
    }

    /// One part, within the bounds of memory. Parts of a file take their places in its order, so that the one that is wanted next
    /// never waits for those that wait for it.
    async fn part(&self, location: &Location, range: Range<u64>, etag: Option<&str>) -> Result<Held, Trouble> {
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(|_| Trouble::Result(Error::internal("Reading from S3 has been switched off.")))?;
        let part = self.objects.get(location, range, etag).await;
        let part = part.map_err(|refusal| Trouble::File(self.note(location, &refusal)))?;
        Ok(Held { part, _permit: permit })
    }
}

/// A part, and its place in memory.
struct Held {
    part: Part,
    _permit: OwnedSemaphorePermit,
}

async fn parse(mut reader: Reader, held: Held, is_last: bool) -> Result<(Reader, bool), Trouble> {
    let is_small = held.part.bytes.len() <= BYTES_PARSED_INLINE;
    let work = move || reader.feed(&held.part.bytes, is_last).map(|goes_on| (reader, goes_on));
    if is_small {
        return work();
    }
    let failed = |error| Trouble::Result(Error::internal(format!("Parsing the result failed: {error}.")));
    tokio::task::spawn_blocking(work).await.map_err(failed)?
}

#[cfg(test)]
mod tests;
