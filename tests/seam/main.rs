//! The proof that nobody can see the seam: over generated worlds, statements and ranges, the answer that two legs give
//! together is the answer of one engine that holds everything.
//!
//! [`world`] makes events as two pipelines deliver them, [`tables`] puts them on shelves as the legs hold them, [`statement`]
//! writes panels from the pieces of [`sql`] and [`bucket`], [`pipeline`] asks them by way of the plugin's own modules,
//! [`oracle`] answers by other ways, [`compare`] holds the two against each other, [`properties`] says what must hold.
//! [`centre`] tries the same on the sandbox's contact centre.
//!
//! `SWITCHBOARD_PROOF_CASES` says how many cases there are; failing ones are kept in `regressions/`.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod bucket;
mod centre;
mod compare;
mod filters;
mod oracle;
mod pipeline;
mod properties;
mod sql;
mod statement;
mod tables;
mod world;
