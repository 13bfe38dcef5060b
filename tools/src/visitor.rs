//! `journey visitor`: the sessions, events and segments of a contact in the order of time.
//!
//! Invariant: a line on standard error has ids and the facts of a response, and none of its content.

use std::io::Write;

use clap::ValueEnum;
use genesys_journey::Config;
use genesys_journey::external_contacts::segments::{self, ListSegments};
use genesys_journey::external_contacts::sessions::{self, ListSessions};
use genesys_journey::sessions::events::{self, EventType, ListEvents};
use genesys_journey::visitors::Session;
use genesys_stand_in::{EXAMPLE_ID, StandIn};
use serde_json::json;

use crate::connect::{Access, Connection, environment};
use crate::exit::{Failure, Status, say};
use crate::output::{FileArg, Output};
use crate::progress;
use crate::timeline::Timeline;

/// Show the sessions, events and segments of a contact as a timeline
///
/// All pages are read before the first line is written. The result is personal data: a file of --output can be read by
/// its owner only, and standard error has no names, addresses or other content of a response. If the result is
/// incomplete, standard error has a line about it, also with --quiet, and json-lines has one of the kind "note".
#[derive(clap::Args)]
#[command(after_help = concat!(environment!(), "

Permissions: externalContacts:session:view, journey:event:view, externalContacts:segmentAssignment:view

Examples:
  journey visitor --demo 3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64
  journey visitor 3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64 --format json-lines --deadline 2m --output visitor.jsonl"))]
pub struct Args {
    /// The id of the contact
    #[arg(value_name = "CONTACT")]
    contact: String,
    /// Only these parts, separated by commas [default: all]
    #[arg(long, value_enum, value_name = "PARTS", value_delimiter = ',')]
    only: Vec<Part>,
    /// Only events of this type, such as com.genesys.journey.WebEvent; may be given several times
    #[arg(long = "event-type", value_name = "TYPE")]
    event_types: Vec<String>,
    /// Include contacts that were merged with this one
    #[arg(long)]
    include_merged: bool,
    /// Only the first N sessions, in the order of the service
    #[arg(long, value_name = "N")]
    max_sessions: Option<usize>,
    /// The number of sessions or events of a request
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=200))]
    page_size: u32,
    /// The form of the result
    #[arg(long, value_enum, default_value_t = Format::Text, help_heading = "Output")]
    format: Format,
    #[command(flatten)]
    file: FileArg,
    #[command(flatten)]
    connection: Connection,
}

/// A part of the timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    Sessions,
    Events,
    Segments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A line for a person
    Text,
    /// An object on each line: time, kind, session, and the entity with the fields that this version knows
    JsonLines,
}

pub fn run(args: &Args) -> Result<Status, Failure> {
    check_contact(&args.contact)?;
    let mut output = match &args.file.output {
        Some(path) => Output::open_private(path)?,
        None => Output::open(None)?,
    };
    let service = args.connection.connect_to("", Access::Read, demo)?;
    let timeline = args.read(&service.config)?;
    timeline.notes().for_each(|note| say(format_args!("journey: {note}")));
    match args.format {
        Format::Text => output.write_all(timeline.text().as_bytes())?,
        Format::JsonLines => output.write_all(timeline.json_lines()?.as_bytes())?,
    }
    output.commit()?;
    Ok(Status::Done)
}

/// Refuses an argument that is no id. The error does not show it, since it may be an address.
fn check_contact(contact: &str) -> Result<(), Failure> {
    let parts: Vec<&str> = contact.split('-').collect();
    let is_hex = |part: &&str| part.bytes().all(|digit| digit.is_ascii_hexdigit());
    if parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12]) && parts.iter().all(is_hex) {
        return Ok(());
    }
    Err(Failure::attention("CONTACT: not the id of a contact (expected 36 digits and dashes, as in --help)"))
}

impl Args {
    fn shows(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }

    fn read(&self, config: &Config) -> Result<Timeline, Failure> {
        let mut timeline = Timeline::default();
        if self.shows(Part::Sessions) || self.shows(Part::Events) {
            for session in self.sessions(config, &mut timeline)? {
                if self.shows(Part::Events) {
                    self.events(config, &session, &mut timeline)?;
                }
                if self.shows(Part::Sessions) {
                    timeline.session(session)?;
                }
            }
        }
        if self.shows(Part::Segments) {
            let list = ListSegments { include_merged: self.merged(), ..ListSegments::default() };
            let segments = segments::list(config, &self.contact, &list)?;
            if segments.may_be_incomplete() {
                timeline.note(None, "the response is full: the contact may have more segments, which cannot be read");
            }
            segments.entities.iter().try_for_each(|assignment| timeline.segment(assignment))?;
        }
        Ok(timeline.sorted())
    }

    fn merged(&self) -> Option<bool> {
        self.include_merged.then_some(true)
    }

    fn sessions(&self, config: &Config, timeline: &mut Timeline) -> Result<Vec<Session>, Failure> {
        let progress = progress::counter(self.connection.shows_progress(), "sessions");
        let list =
            ListSessions { page_size: Some(self.page_size), include_merged: self.merged(), ..ListSessions::default() };
        let mut sessions = Vec::new();
        for session in sessions::list_all(config, &self.contact, &list) {
            let session = session?;
            if self.max_sessions.is_some_and(|max| sessions.len() >= max) {
                timeline.note(None, "the contact has more sessions than --max-sessions");
                break;
            }
            sessions.push(session);
            progress.inc(1);
        }
        Ok(sessions)
    }

    fn events(&self, config: &Config, session: &Session, timeline: &mut Timeline) -> Result<(), Failure> {
        let list = ListEvents {
            page_size: Some(self.page_size),
            event_types: self.event_types.iter().map(|name| EventType::from(name.as_str())).collect(),
            ..ListEvents::default()
        };
        for (received, event) in events::list_all(config, &session.id, &list).enumerate() {
            match event {
                Ok(event) => timeline.event(&session.id, &event)?,
                // The service keeps events for a shorter time than sessions.
                Err(error) if error.is_not_found() => {
                    let problem =
                        if received == 0 { "no longer there" } else { "incomplete: a later page is no longer there" };
                    timeline.note(Some(&session.id), &format!("the events of session {} are {problem}", session.id));
                    return Ok(());
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

/// The organisation of `--demo`: a contact with a visit of a website and a conversation.
fn demo() -> StandIn {
    let stand_in = StandIn::start();
    let vip = stand_in.add_segment(json!({ "displayName": "VIP" }));
    let contact = format!("externalcontacts/contacts/{EXAMPLE_ID}/journey");
    let visit = json!({
        "id": "demo-visit", "type": "web", "createdDate": "2026-05-04T08:15:30Z", "endedDate": "2026-05-04T08:31:02Z",
        "eventCount": 2, "browser": { "family": "Firefox" }, "device": { "category": "desktop" },
    });
    let call = json!({
        "id": "demo-call", "type": "conversation", "createdDate": "2026-05-04T08:40:00Z", "eventCount": 0,
        "originatingDirection": "Inbound",
    });
    for session in [visit, call] {
        stand_in.add(&format!("{contact}/sessions"), session);
    }
    for (time, name, page) in [("08:15:30", "page_viewed", "Boots"), ("08:20:11", "product_added", "Basket")] {
        let event = json!({
            "createdDate": format!("2026-05-04T{time}Z"), "eventType": "com.genesys.journey.WebEvent",
            "webEvent": { "eventName": name, "page": { "title": page, "url": "https://shop.example.com/boots" } },
        });
        stand_in.add("journey/sessions/demo-visit/events", event);
    }
    let assignment = json!({
        "segment": { "id": vip }, "externalContact": { "id": EXAMPLE_ID },
        "dateAssigned": "2026-05-04T08:20:12Z", "dateForUnassignment": "2026-06-03T08:20:12Z",
    });
    stand_in.add(&format!("{contact}/segments"), assignment);
    stand_in
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ids_are_accepted_and_others_are_not_repeated() {
        assert!(check_contact(EXAMPLE_ID).is_ok());
        for contact in ["ann@example.com", "+4915112345678", "", "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f6g", "../x"] {
            let failure = check_contact(contact).unwrap_err();
            assert!(contact.is_empty() || !failure.message.contains(contact), "{}", failure.message);
        }
    }
}
