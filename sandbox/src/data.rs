//! A contact centre, generated: contact records, contact events and agent events, and a clock that runs.
