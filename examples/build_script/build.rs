//! Turns the segments of an organisation into constants, in `segments.rs` in `OUT_DIR`.
//!
//! With credentials in the environment (`GENESYSCLOUD_REGION`, and `GENESYSCLOUD_ACCESS_TOKEN` or
//! `GENESYSCLOUD_OAUTHCLIENT_ID` and `GENESYSCLOUD_OAUTHCLIENT_SECRET`) it reads the segments from the service. Otherwise,
//! or if that fails, it prints a warning and reads the snapshot `segments.json` beside this file. So a build needs neither
//! credentials nor a network. `journey backup` writes a snapshot.
//!
//! It runs again if the environment or the snapshot changes. To read the segments again, touch the snapshot.

mod generator;

use std::error::Error;
use std::path::Path;
use std::time::Duration;
use std::{env, fs};

use genesys_journey::segments::{self, Segment};
use genesys_journey::{Config, Region};
use serde_json::Value;

const SNAPSHOT: &str = "segments.json";
const VARIABLES: [&str; 5] = [
    "GENESYSCLOUD_REGION",
    "GENESYSCLOUD_GATEWAY_URL",
    "GENESYSCLOUD_ACCESS_TOKEN",
    "GENESYSCLOUD_OAUTHCLIENT_ID",
    "GENESYSCLOUD_OAUTHCLIENT_SECRET",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed={SNAPSHOT}");
    for variable in VARIABLES {
        println!("cargo:rerun-if-env-changed={variable}");
    }
    let segments = if VARIABLES.iter().all(|variable| env::var_os(variable).is_none()) {
        snapshot("there is no GENESYSCLOUD_* in the environment")?
    } else {
        from_service().or_else(|error| snapshot(&error.to_string()))?
    };
    let to = Path::new(&env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?).join("segments.rs");
    let code = generator::constants(&segments);
    // A file that is not written keeps its time, so that Cargo does not compile its users again.
    if fs::read_to_string(&to).ok().as_ref() != Some(&code) {
        fs::write(&to, code)?;
    }
    Ok(())
}

/// Reads the segments from the service. The timeouts are short, because a person waits for the build.
fn from_service() -> genesys_journey::Result<Vec<Segment>> {
    let config = Config::builder(Region::from_env()?)
        .connect_timeout(Duration::from_secs(2))
        .attempt_timeout(Duration::from_secs(4))
        .call_timeout(Duration::from_secs(5))
        .max_attempts(2)
        .user_agent("build script")
        .credentials_from_env()?;
    segments::list_all(&config, &Default::default()).collect()
}

/// Reads the segments from the snapshot, and prints why.
fn snapshot(why: &str) -> Result<Vec<Segment>, Box<dyn Error>> {
    println!("cargo:warning=segments as of {SNAPSHOT}: {why}");
    let json = fs::read(SNAPSHOT).map_err(|error| format!("{SNAPSHOT}: {error}"))?;
    let mut backup: Value = serde_json::from_slice(&json).map_err(|error| format!("{SNAPSHOT}: {error}"))?;
    // A backup has several kinds of entities; the snapshot may also be a list of segments.
    let segments = backup.get_mut("segments").map(Value::take).unwrap_or(backup);
    Ok(serde_json::from_value(segments).map_err(|error| format!("{SNAPSHOT}: {error}"))?)
}
