//! Segments as code: creates or updates them to match their description. A second run writes nothing.
//!
//! Needs `GENESYSCLOUD_*` in the environment.

use genesys_journey::criteria::{Context, ContextCriterion, ContextPattern, Operator};
use genesys_journey::segments::{self, Ensured, NewSegment};
use genesys_journey::{Config, Result};

fn main() -> Result<()> {
    let config = Config::from_env()?;
    let phone = ContextCriterion::new("device.category", Operator::Equal, ["mobile"]);
    let wanted = [
        NewSegment { color: Some("#D4AF37".into()), ..NewSegment::new("VIP") },
        NewSegment {
            description: Some("Visitors on a phone".into()),
            context: Some(Context::new([ContextPattern::new([phone])])),
            ..NewSegment::new("On the phone")
        },
    ];
    let mut first_error = None;
    for (wanted, result) in wanted.iter().zip(segments::ensure_all(&config, &wanted)?) {
        let name = &wanted.display_name;
        match result {
            Ok(Ensured::Created(segment)) => println!("created {name} ({})", segment.id),
            Ok(Ensured::Updated { update, .. }) => println!("changed {name}: {update:?}"),
            Ok(_) => println!("unchanged {name}"),
            Err(error) => {
                eprintln!("{name}: {error}");
                first_error.get_or_insert(error);
            }
        }
    }
    first_error.map_or(Ok(()), Err)
}
