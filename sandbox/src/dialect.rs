//! Trino's and Timestream's SQL, rewritten for DataFusion.
