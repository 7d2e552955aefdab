//! The command line of the plugin's binary, for a person.
