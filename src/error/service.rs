//! What the service says in the body of an error.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// One entry of the `details` of the service's error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorDetail {
    /// The service's code for this detail.
    pub error_code: Option<String>,
    /// The field of the request that it is about.
    pub field_name: Option<String>,
    /// The id of the entity that it is about.
    pub entity_id: Option<String>,
    /// The kind of entity that it is about.
    pub entity_name: Option<String>,
}

/// The limit of the service that a request ran into.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorLimit {
    /// The name of the limit, such as `client.credentials.token.rate.per.minute`.
    pub key: Option<String>,
    /// The part of the platform that sets it.
    pub namespace: Option<String>,
    /// Its value.
    pub value: Option<i64>,
}

/// The service's error body. All of it is optional, and other things than this arrive, too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServiceError {
    /// What went wrong, for a person.
    pub message: Option<String>,
    /// What went wrong, for a program: `not.found`, `version.mismatch`, …
    pub code: Option<String>,
    /// The HTTP status as the body repeats it.
    pub status: Option<u16>,
    /// The id of the entity that the error is about.
    pub entity_id: Option<String>,
    /// The kind of entity that the error is about.
    pub entity_name: Option<String>,
    /// The message as a template; its parameters are in [`message_params`](Self::message_params).
    pub message_with_params: Option<String>,
    /// The parameters of the template.
    pub message_params: BTreeMap<String, String>,
    /// The id to give to the vendor's support.
    pub context_id: Option<String>,
    /// What went wrong field by field.
    pub details: Vec<ErrorDetail>,
    /// Errors that led to this one.
    pub errors: Vec<ServiceError>,
    /// The limit that the request ran into.
    pub limit: Option<ErrorLimit>,
}

/// A JSON object of which each field is taken if it is there and what it should be: what else is wrong
/// with an error must not hide what it says. (Derived, this would be a twentieth of a small program.)
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// Without any, where the text is no object.
    pub fn read(text: &str) -> Fields {
        Fields::of(serde_json::from_slice(text.as_bytes()).unwrap_or_default())
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

    fn number(&self, key: &str) -> Option<i64> {
        self.0.get(key)?.as_i64()
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

    /// Those of its fields that are texts or numbers.
    fn texts(self) -> BTreeMap<String, String> {
        let mut texts = BTreeMap::new();
        for (key, value) in self.0 {
            match value {
                Value::String(text) => texts.insert(key, text),
                Value::Number(number) => texts.insert(key, number.to_string()),
                _ => None,
            };
        }
        texts
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
        ServiceError {
            message: fields.text("message"),
            code: fields.text("code"),
            status: fields.number("status").and_then(|status| status.try_into().ok()),
            entity_id: fields.text("entityId"),
            entity_name: fields.text("entityName"),
            message_with_params: fields.text("messageWithParams"),
            message_params: fields.object("messageParams").map(Fields::texts).unwrap_or_default(),
            context_id: fields.text("contextId"),
            details: fields.list("details", ErrorDetail::of),
            errors: fields.list("errors", ServiceError::of),
            limit: fields.object("limit").map(ErrorLimit::of),
        }
    }

    /// Everything in it that may hold what the request was sent with.
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
