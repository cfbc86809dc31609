//! Measurements; nothing here is linked into anything.
