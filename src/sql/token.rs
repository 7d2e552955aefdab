//! A lossless tokenizer for Trino's and Timestream's SQL: comments, strings and quoted identifiers told apart.
