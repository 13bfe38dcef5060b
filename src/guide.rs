//! A guide: eleven pages, with one task and one program each.
//!
//! The text of a page takes two minutes. Its program runs without credentials and network, on an organisation in the same
//! process:
//!
//! ```sh
//! cargo add genesys-journey --features full
//! cargo add genesys-stand-in serde_json
//! ```
//!
//! Copy the program into `src/main.rs` and start it. For your own organisation, replace the stand-in by the line in the
//! comment, such as [`Config::from_env`](crate::Config::from_env).
//!
//! | Page | Task |
//! |---|---|
//! | [Sign in](sign_in) | sign in with an OAuth client, and keep the token for the next start |
//! | [List and page](list_and_page) | read a list completely, or one page of it |
//! | [Change safely](change_safely) | change a segment without losing or doubling a change |
//! | [Set up from code](set_up_from_code) | create and update segments to match code |
//! | [Aggregates and jobs](aggregates_and_jobs) | count visits, in one request or as a job |
#![cfg_attr(feature = "views", doc = "| [Views](views) | describe a journey view in code, and read its numbers |")]
#![cfg_attr(feature = "external-events", doc = "| [Events in](events_in) | send events of another system |")]
//! | [Cron](cron) | run a report with a deadline and an exit code |
//! | [Build scripts](build_scripts) | turn segments into constants at build time |
//! | [Testing](testing) | test your program with faults |
//! | [Company networks](company_networks) | reach the service through a proxy, a gateway or a firewall |
//!
//! The pages are in `docs/guide` of the repository, too. This module exists in the documentation only.

// Invariant: the module is compiled by rustdoc only, so that it costs a build nothing.

pub mod sign_in {
    #![doc = include_str!("../docs/guide/sign_in.md")]
}

pub mod list_and_page {
    #![doc = include_str!("../docs/guide/list_and_page.md")]
}

pub mod change_safely {
    #![doc = include_str!("../docs/guide/change_safely.md")]
}

pub mod set_up_from_code {
    #![doc = include_str!("../docs/guide/set_up_from_code.md")]
}

pub mod aggregates_and_jobs {
    #![doc = include_str!("../docs/guide/aggregates_and_jobs.md")]
}

#[cfg(feature = "views")]
#[cfg_attr(docsrs, doc(cfg(feature = "views")))]
pub mod views {
    #![doc = include_str!("../docs/guide/views.md")]
}

#[cfg(feature = "external-events")]
#[cfg_attr(docsrs, doc(cfg(feature = "external-events")))]
pub mod events_in {
    #![doc = include_str!("../docs/guide/events_in.md")]
}

pub mod cron {
    #![doc = include_str!("../docs/guide/cron.md")]
}

pub mod build_scripts {
    #![doc = include_str!("../docs/guide/build_scripts.md")]
}

pub mod testing {
    #![doc = include_str!("../docs/guide/testing.md")]
}

pub mod company_networks {
    #![doc = include_str!("../docs/guide/company_networks.md")]
}
