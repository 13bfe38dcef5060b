//! All 95 operations and 254 models of the vendor (`fixtures/api.json`) against the crate. A test prints what the
//! vendor has and the crate lacks, and fails for a family that claims to be complete.

mod facts;
mod fields;
mod operations;
mod replay;

use facts::Facts;

/// The families that have every operation and every field.
const COMPLETE: &[&str] = &["segments", "action_targets", "analytics", "action_maps", "action_templates"];
