//! The error body of the service, read leniently: an unexpected part must not hide the rest.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// One entry of the `details` of a service error.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ErrorDetail {
    /// The code of this detail.
    pub error_code: Option<String>,
    /// The field of the request.
    pub field_name: Option<String>,
    /// The id of the entity.
    pub entity_id: Option<String>,
    /// The kind of entity.
    pub entity_name: Option<String>,
}

/// The limit of the service that a request exceeded.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ErrorLimit {
    /// The name of the limit, such as `client.credentials.token.rate.per.minute`.
    pub key: Option<String>,
    /// The part of the platform that sets the limit.
    pub namespace: Option<String>,
    /// The value of the limit.
    pub value: Option<i64>,
}

/// The error body of the service. Every part is optional.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ServiceError {
    /// The message for a person.
    pub message: Option<String>,
    /// The code for a program: `not.found`, `version.mismatch`, …
    pub code: Option<String>,
    /// The HTTP status according to the body.
    pub status: Option<u16>,
    /// The id of the entity.
    pub entity_id: Option<String>,
    /// The kind of entity.
    pub entity_name: Option<String>,
    /// The message as a template.
    pub message_with_params: Option<String>,
    /// The parameters of the template. A value that is not text is written as JSON.
    pub message_params: BTreeMap<String, String>,
    /// The id for the vendor's support.
    pub context_id: Option<String>,
    /// The problems, one for each field.
    pub details: Vec<ErrorDetail>,
    /// Errors that led to this one.
    pub errors: Vec<ServiceError>,
    /// The limit that the request exceeded.
    pub limit: Option<ErrorLimit>,
}

/// A JSON object. Each field is read if it is present and of the expected type. A derived `Deserialize` would fail
/// for the whole object, and would make up a twentieth of a small program.
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// Reads a text. Without a JSON object in it, there are no fields.
    pub fn read(text: &str) -> Fields {
        Fields::of(serde_json::from_str(text).unwrap_or_default())
    }

    fn of(value: Value) -> Fields {
        match value {
            Value::Object(fields) => Fields(fields),
            _ => Fields(Map::new()),
        }
    }

    pub fn text(&mut self, key: &str) -> Option<String> {
        match self.0.remove(key) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    /// Returns an integer field, which may be written as text.
    fn number(&self, key: &str) -> Option<i64> {
        match self.0.get(key)? {
            Value::String(text) => text.trim().parse().ok(),
            value => value.as_i64(),
        }
    }

    /// Returns the message of a body in another format, from the fields that gateways and firewalls use.
    pub fn foreign_message(mut self) -> Option<String> {
        first_message(&self.list("errors", ServiceError::of)).or_else(|| self.text("Message"))
    }

    fn object(&mut self, key: &str) -> Option<Fields> {
        self.0.remove(key).filter(Value::is_object).map(Fields::of)
    }

    fn list<T>(&mut self, key: &str, read: fn(Fields) -> T) -> Vec<T> {
        match self.0.remove(key) {
            Some(Value::Array(values)) => values.into_iter().map(|value| read(Fields::of(value))).collect(),
            _ => Vec::new(),
        }
    }

    fn into_texts(self) -> BTreeMap<String, String> {
        let text = |value| match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        self.0.into_iter().map(|(key, value)| (key, text(value))).collect()
    }
}

impl ErrorDetail {
    fn of(mut fields: Fields) -> ErrorDetail {
        ErrorDetail {
            error_code: fields.text("errorCode"),
            field_name: fields.text("fieldName"),
            entity_id: fields.text("entityId"),
            entity_name: fields.text("entityName"),
        }
    }
}

impl ErrorLimit {
    fn of(mut fields: Fields) -> ErrorLimit {
        let value = fields.number("value");
        ErrorLimit { key: fields.text("key"), namespace: fields.text("namespace"), value }
    }
}

impl ServiceError {
    pub(crate) fn of(mut fields: Fields) -> ServiceError {
        let errors = fields.list("errors", ServiceError::of);
        let message = fields.text("message").filter(|text| !text.trim().is_empty());
        let code = fields.text("code").filter(|text| !text.trim().is_empty());
        ServiceError {
            // The messages of `errors` count only beside a code: without one, the body is in another format.
            message: message.or_else(|| code.as_ref().and_then(|_| first_message(&errors))),
            code,
            status: fields.number("status").and_then(|status| status.try_into().ok()),
            entity_id: fields.text("entityId"),
            entity_name: fields.text("entityName"),
            message_with_params: fields.text("messageWithParams"),
            message_params: fields.object("messageParams").map(Fields::into_texts).unwrap_or_default(),
            context_id: fields.text("contextId"),
            details: fields.list("details", ErrorDetail::of),
            errors,
            limit: fields.object("limit").map(ErrorLimit::of),
        }
    }

    /// Returns whether the body was not in the format of the service.
    pub(crate) fn is_foreign(&self) -> bool {
        self.message.is_none() && self.code.is_none()
    }

    /// Returns whether this is an error about an outdated version, for a response with this status.
    pub(crate) fn is_version_conflict(&self, status: u16) -> bool {
        let mut texts = [&self.message, &self.code].into_iter().flatten();
        match status {
            409 => texts.any(|text| names_version(text)),
            400 => texts.any(|text| text.to_ascii_lowercase().contains("does not match the current version")),
            _ => false,
        }
    }

    /// Calls `f` with each received text.
    pub(super) fn for_each_text(&mut self, f: &mut dyn FnMut(&mut String)) {
        let own = [&mut self.message, &mut self.code, &mut self.entity_id, &mut self.entity_name];
        own.into_iter().chain([&mut self.message_with_params, &mut self.context_id]).flatten().for_each(&mut *f);
        for (mut key, mut value) in std::mem::take(&mut self.message_params) {
            f(&mut key);
            f(&mut value);
            self.message_params.insert(key, value);
        }
        let limit = self.limit.iter_mut().flat_map(|limit| [&mut limit.key, &mut limit.namespace]);
        limit.flatten().for_each(&mut *f);
        for detail in &mut self.details {
            let texts =
                [&mut detail.error_code, &mut detail.field_name, &mut detail.entity_id, &mut detail.entity_name];
            texts.into_iter().flatten().for_each(&mut *f);
        }
        self.errors.iter_mut().for_each(|error| error.for_each_text(f));
    }
}

fn first_message(errors: &[ServiceError]) -> Option<String> {
    errors.iter().find_map(|error| error.message.clone().or_else(|| first_message(&error.errors)))
}

/// Returns whether a text contains the word "version", also as a part of `entityVersion`, but not "conversion".
/// Text in quotes is a name that may contain any word, unless it is a single word, such as a field.
fn names_version(text: &str) -> bool {
    const QUOTES: [char; 2] = ['\'', '"'];
    let is_version = |word: &str| word.contains("Version") || word.to_ascii_lowercase().starts_with("version");
    let mut in_quotes = false;
    text.split_whitespace().any(|part| {
        let part = part.trim_end_matches(['.', ',', ';', ':', '!', ')']);
        let (opens, closes) = (part.starts_with(QUOTES), part.len() > 1 && part.ends_with(QUOTES));
        let is_field = opens && closes && part.trim_matches(QUOTES).chars().all(|c| c.is_ascii_alphabetic());
        let is_quoted = (in_quotes || opens) && !is_field;
        in_quotes = (in_quotes || opens) && !closes;
        !is_quoted && part.split(|c: char| !c.is_ascii_alphabetic()).any(is_version)
    })
}
