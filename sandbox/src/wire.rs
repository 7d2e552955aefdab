//! AWS's wire protocols over the engine.
