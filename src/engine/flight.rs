//! Identical statements in flight share one execution.
