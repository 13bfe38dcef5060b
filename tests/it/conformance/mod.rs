//! All 95 operations and 254 models of the vendor (`fixtures/api.json`) against the crate. A test prints what the
//! vendor has and the crate lacks, and fails for a family that is in `FAMILIES`.

mod call;
mod facts;
mod fields;
mod operations;
mod payloads;
mod personal;
mod replay;

use call::Call;
use facts::Facts;
use genesys_journey::{Config, Result};
use serde_json::Value;

/// Declares a module for each file in `families`, and the list of their families.
macro_rules! families {
    ($($name:ident),* $(,)?) => {
        mod families {
            $(pub mod $name;)*
        }
        /// The families that have every operation and every field.
        const FAMILIES: &[Family] = &[$(families::$name::FAMILY),*];
    };
}

families!(
    action_maps,
    action_targets,
    action_templates,
    analytics,
    deployments,
    external_contacts,
    external_events,
    flows,
    outcomes,
    segments,
    sessions,
    view_events,
    view_jobs,
    view_schedules,
    views,
);

/// A family of the facts: its models as types of the crate, and its functions.
struct Family {
    name: &'static str,
    /// The models that the operations return.
    responses: &'static [(&'static str, fields::Lacking)],
    /// The models that the operations send.
    requests: &'static [(&'static str, fields::Lacking)],
    /// Models without a public type, and the reason.
    private: &'static [(&'static str, &'static str)],
    /// The models that must have an id, and its field.
    identified: &'static [(&'static str, &'static str)],
    /// Read-only fields that the vendor's SDK sends if they are set, by operation.
    not_sent: &'static [(&'static str, &'static [&'static str])],
    /// Makes a recorded call. Returns the decoded response as JSON.
    make: fn(&Call, &Config) -> Result<Value>,
}

impl Family {
    /// Returns the family of this name, if the crate has it.
    fn find(name: &str) -> Option<&'static Family> {
        FAMILIES.iter().find(|family| family.name == name)
    }
}
