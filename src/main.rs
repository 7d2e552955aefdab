//! The plugin binary: run by Grafana it serves, run by a person it is a command line.

fn main() {}
