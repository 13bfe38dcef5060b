//! The timeline of a contact: entries of several kinds in the order of time, and notes about missing entries.

use std::time::SystemTime;

use genesys_journey::Timestamp;
use genesys_journey::external_contacts::segments::SegmentAssignment;
use genesys_journey::sessions::events::{Event, EventKind, VersionedRef};
use genesys_journey::visitors::Session;
use serde::Serialize;
use serde_json::{Value, json};

use crate::exit::Failure;

/// The kind of an entry about missing entries.
const NOTE: &str = "note";

#[derive(Default)]
pub struct Timeline {
    entries: Vec<Entry>,
}

struct Entry {
    time: Option<Timestamp>,
    kind: &'static str,
    /// The id of the session.
    session: Option<String>,
    text: String,
    entity: Value,
}

impl Timeline {
    pub fn session(&mut self, session: Session) -> Result<(), Failure> {
        let kind = session.session_type.clone().unwrap_or_else(|| "session".to_owned());
        let mut text = vec![format!("{kind} started")];
        text.extend(session.event_count.map(|count| format!("{count} events")));
        text.extend(session.last_page.as_ref().and_then(|page| page.url.clone()));
        text.extend(session.conversation_subject.clone());
        text.extend(session.ended_date.as_ref().map(|end| format!("ended {end}")));
        self.add(session.created_date.clone(), "session", Some(&session.id), text.join(", "), &session)
    }

    pub fn event(&mut self, session: &str, event: &Event) -> Result<(), Failure> {
        self.add(event.created_date.clone(), "event", Some(session), described(event), event)
    }

    pub fn segment(&mut self, assignment: &SegmentAssignment) -> Result<(), Failure> {
        let id = assignment.segment.as_ref().and_then(|segment| segment.id.as_deref()).unwrap_or("unknown");
        let end = assignment.date_for_unassignment.as_ref().map(|end| format!(" until {end}")).unwrap_or_default();
        let session = assignment.session.as_ref().and_then(|session| session.id.as_deref());
        let time = assignment.date_assigned.clone();
        self.add(time, "segment", session, format!("segment {id} assigned{end}"), assignment)
    }

    /// Records that entries are missing, in words that are not personal data.
    pub fn note(&mut self, session: Option<&str>, text: &str) {
        let (text, session) = (text.replace(char::is_control, " "), session.map(str::to_owned));
        let entity = json!({ "text": text });
        self.entries.push(Entry { time: None, kind: NOTE, session, text, entity });
    }

    /// Returns the texts of the notes.
    pub fn notes(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().filter(|entry| entry.kind == NOTE).map(|entry| entry.text.as_str())
    }

    fn add(
        &mut self,
        time: Option<Timestamp>,
        kind: &'static str,
        session: Option<&str>,
        text: String,
        entity: &impl Serialize,
    ) -> Result<(), Failure> {
        let entity = serde_json::to_value(entity).map_err(Failure::attention)?;
        self.entries.push(Entry { time, kind, session: session.map(str::to_owned), text, entity });
        Ok(())
    }

    /// Orders the entries by time. Those without a time are the last, and a session precedes its first event.
    pub fn sorted(mut self) -> Timeline {
        let rank = |kind: &str| ["session", "event", "segment", NOTE].iter().position(|known| *known == kind);
        let instant = |entry: &Entry| -> Option<SystemTime> { entry.time.as_ref()?.to_system_time() };
        self.entries.sort_by_cached_key(|entry| {
            let instant = instant(entry);
            (instant.is_none(), instant, rank(entry.kind))
        });
        self
    }

    /// Returns a line for each entry but the notes. Control characters of received text become blanks.
    pub fn text(&self) -> String {
        let line = |entry: &Entry| {
            let time = entry.time.as_ref().map_or("(no time)", Timestamp::as_str);
            let session = entry.session.as_ref().map(|id| format!("  [{id}]")).unwrap_or_default();
            let line = format!("{time}  {:<7}  {}{session}", entry.kind, entry.text);
            line.replace(char::is_control, " ") + "\n"
        };
        self.entries.iter().filter(|entry| entry.kind != NOTE).map(line).collect()
    }

    /// Returns an object for each entry: time, kind, session, and the entity with its known fields. That of a note is
    /// its text.
    pub fn json_lines(&self) -> Result<String, Failure> {
        let mut lines = String::new();
        for Entry { time, kind, session, entity, .. } in &self.entries {
            let line = json!({ "time": time, "kind": kind, "session": session, "entity": entity });
            lines.push_str(&serde_json::to_string(&line).map_err(Failure::attention)?);
            lines.push('\n');
        }
        Ok(lines)
    }
}

/// Returns an event in words.
fn described(event: &Event) -> String {
    let joined = |parts: [Option<&str>; 3]| parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let named = |entity: Option<&VersionedRef>| entity.and_then(|entity| entity.display_name.clone());
    match event.kind() {
        EventKind::Web(web) => {
            let page = web.page.as_ref();
            let title = page.and_then(|page| page.title.as_deref());
            joined([web.event_name.as_deref(), title, page.and_then(|page| page.url.as_deref())])
        }
        EventKind::App(app) => joined([app.event_name.as_deref(), app.screen_name.as_deref(), None]),
        EventKind::WebAction(web) => {
            let state = web.action.as_ref().and_then(|action| action.state.as_ref());
            let map = named(web.action_map.as_ref());
            let action = state.map(|state| format!("action {state}"));
            joined([action.as_deref(), map.as_deref(), web.error_code.as_deref()])
        }
        EventKind::SegmentAssignment(part) => {
            let id = part.segment.as_ref().and_then(|segment| segment.id.as_deref());
            format!("segment {} assigned", id.unwrap_or("unknown"))
        }
        EventKind::OutcomeAchieved(part) => {
            format!("outcome achieved: {}", named(part.outcome.as_ref()).as_deref().unwrap_or("unknown"))
        }
        EventKind::Other { event_type: Some(event_type), .. } => event_type.to_string(),
        _ => "event of an unknown type".to_owned(),
    }
}
