//! The description of a family of endpoints. [`Store`](crate::store::Store) does the work.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::response::{Response, to_object};

/// An operation of a family.
///
/// ```
/// use genesys_stand_in::{Family, Operation, StandIn};
///
/// let service = StandIn::start();
/// service.add_family(Family::new("journey/actionmaps").operations([Operation::List, Operation::Get]));
/// assert_eq!(service.call("DELETE", "/api/v2/journey/actionmaps/1", ()).status, 405);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operation {
    /// GET of the list.
    List,
    /// GET of one entity.
    Get,
    /// POST.
    Create,
    /// PATCH: unset fields are kept, `null` clears a field.
    Update,
    /// PUT: unset fields are cleared.
    Replace,
    /// DELETE.
    Delete,
}

/// The way a list is split into pages.
///
/// ```
/// use genesys_stand_in::{Family, Paging, StandIn};
///
/// let service = StandIn::start();
/// service.add_family(Family::new("journey/sessions/{}/events").paging(Paging::After));
/// for n in 0..3 {
///     service.add("journey/sessions/s1/events", serde_json::json!({ "eventType": format!("e{n}") }));
/// }
/// let page = service.call("GET", "/api/v2/journey/sessions/s1/events?pageSize=2", ());
/// let page: serde_json::Value = page.read_json()?;
/// assert_eq!(page["nextUri"], "/api/v2/journey/sessions/s1/events?pageSize=2&after=from-2");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Paging {
    /// `pageNumber` and `pageSize`; the page has `total`, `pageCount` and links.
    Numbers,
    /// `after` and `pageSize`; the cursor is in `nextUri`.
    After,
    /// `cursor` and `pageSize`; the cursor is in the body.
    Cursor,
    /// The whole list at once.
    Whole,
}

/// A filter of a list: a query parameter and its effect.
#[derive(Clone, Debug)]
pub(crate) enum Filter {
    /// The ids, without paging, sorting or other filters.
    Ids {
        param: String,
        max: usize,
    },
    Equal {
        param: String,
        field: String,
    },
    /// Text in fixed fields.
    Contains {
        param: String,
        fields: Vec<String>,
    },
    /// The value of the field that another parameter names.
    Field {
        field: String,
        value: String,
    },
    /// Text in the fields that another parameter names.
    Search {
        fields: String,
        value: String,
    },
}

/// A family of endpoints that store entities: its path, the rules for entities, and its list.
///
/// The stand-in has the families `journey/segments`, `journey/actiontargets`, `journey/actionmaps`,
/// `journey/actiontemplates`, `journey/outcomes` and `journey/views`. A test adds others
/// in a few lines with [`StandIn::add_family`](crate::StandIn::add_family); all faults apply to them, too.
///
/// ```
/// use genesys_stand_in::{Family, StandIn};
/// use serde_json::json;
///
/// let service = StandIn::start();
/// service.add_family(
///     Family::new("journey/actionmaps").entity("actionmap").required(["displayName"]).versioned().limit(200),
/// );
/// let created = service.call("POST", "/api/v2/journey/actionmaps", json!({ "displayName": "Offers" }));
/// assert_eq!(created.read_json::<serde_json::Value>()?["version"], 1);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Family {
    /// `None` matches any segment.
    pub(crate) path: Vec<Option<String>>,
    pub(crate) entity: String,
    pub(crate) operations: Vec<Operation>,
    pub(crate) required: Vec<String>,
    pub(crate) versioned: bool,
    pub(crate) defaults: Map<String, Value>,
    pub(crate) merged: Vec<String>,
    pub(crate) limit: usize,
    pub(crate) paging: Paging,
    pub(crate) max_page_size: usize,
    pub(crate) filters: Vec<Filter>,
    /// A DELETE without `hardDelete=true` only sets the state to `Deleted`.
    pub(crate) keeps_deleted: bool,
    /// Further rules for the fields of a create or an update.
    pub(crate) check: fn(&Map<String, Value>) -> Option<Response>,
    /// Fields that the service derives from others.
    pub(crate) complete: fn(&mut Map<String, Value>),
}

/// Entities of a collection, unless the family has a lower limit.
const MAX_ENTITIES: usize = 10_000;

impl Family {
    /// Returns a family at this path below `/api/v2/`. `{}` stands for any one segment.
    ///
    /// Unless set otherwise, entities are not versioned, no field is required, lists have page numbers, and every
    /// operation but PUT is allowed.
    ///
    /// ```
    /// use genesys_stand_in::{Family, StandIn};
    ///
    /// let service = StandIn::start();
    /// service.add_family(Family::new("externalcontacts/contacts/{}/journey/sessions"));
    /// let id = service.add("externalcontacts/contacts/c1/journey/sessions", serde_json::json!({ "type": "web" }));
    /// let path = format!("/api/v2/externalcontacts/contacts/c1/journey/sessions/{id}");
    /// assert_eq!(service.call("GET", &path, ()).status, 200);
    /// ```
    pub fn new(path: &str) -> Family {
        let path: Vec<Option<String>> =
            split(path).into_iter().map(|part| if part == "{}" { None } else { Some(part) }).collect();
        let entity = path.iter().rev().flatten().next().map_or("entity", |last| last.trim_end_matches('s'));
        Family {
            entity: entity.to_owned(),
            path,
            operations: vec![Operation::List, Operation::Get, Operation::Create, Operation::Update, Operation::Delete],
            required: Vec::new(),
            versioned: false,
            defaults: Map::new(),
            merged: Vec::new(),
            limit: MAX_ENTITIES,
            paging: Paging::Numbers,
            max_page_size: 500,
            filters: Vec::new(),
            keeps_deleted: false,
            check: |_| None,
            complete: |_| (),
        }
    }

    /// Sets the name of an entity in error messages. Default: the last segment of the path without its final `s`.
    ///
    /// ```
    /// use genesys_stand_in::{Family, StandIn};
    ///
    /// let service = StandIn::start();
    /// service.add_family(Family::new("journey/views").entity("journeyView"));
    /// let missing = service.call("GET", "/api/v2/journey/views/1", ());
    /// assert_eq!(missing.read_json::<serde_json::Value>()?["entityName"], "journeyView");
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn entity(mut self, name: &str) -> Family {
        name.clone_into(&mut self.entity);
        self
    }

    /// Sets the operations. The response to any other is status 405.
    ///
    /// ```
    /// use genesys_stand_in::{Family, Operation, StandIn};
    ///
    /// let service = StandIn::start();
    /// service.add_family(Family::new("journey/schemas").operations([Operation::Get, Operation::Replace]));
    /// let id = service.add("journey/schemas", serde_json::json!({ "name": "a" }));
    /// let path = format!("/api/v2/journey/schemas/{id}");
    /// assert_eq!(service.call("PUT", &path, serde_json::json!({ "name": "b" })).status, 200);
    /// assert_eq!(service.call("PATCH", &path, serde_json::json!({ "name": "c" })).status, 405);
    /// ```
    pub fn operations(mut self, operations: impl IntoIterator<Item = Operation>) -> Family {
        self.operations = operations.into_iter().collect();
        self
    }

    /// Sets the fields that a create must have and that an update cannot clear.
    ///
    /// ```
    /// use genesys_stand_in::{Family, StandIn};
    ///
    /// let service = StandIn::start();
    /// service.add_family(Family::new("journey/views").required(["name"]));
    /// assert_eq!(service.call("POST", "/api/v2/journey/views", serde_json::json!({})).status, 400);
    /// ```
    pub fn required<T: Into<String>>(mut self, fields: impl IntoIterator<Item = T>) -> Family {
        self.required = fields.into_iter().map(Into::into).collect();
        self
    }

    /// Gives entities a version: each write raises it, and a write with another version is a conflict.
    ///
    /// ```
    /// use genesys_stand_in::{Family, StandIn};
    ///
    /// let service = StandIn::start();
    /// service.add_family(Family::new("journey/actionmaps").versioned());
    /// let id = service.add("journey/actionmaps", serde_json::json!({ "weight": 1 }));
    /// let stale = serde_json::json!({ "weight": 2, "version": 7 });
    /// assert_eq!(service.call("PATCH", &format!("/api/v2/journey/actionmaps/{id}"), stale).status, 409);
    /// ```
    pub fn versioned(mut self) -> Family {
        self.versioned = true;
        self
    }

    /// Sets the fields that a new entity has if it does not set them.
    ///
    /// # Panics
    /// If the value is no JSON object.
    ///
    /// ```
    /// use genesys_stand_in::{Family, StandIn};
    ///
    /// let service = StandIn::start();
    /// service.add_family(Family::new("journey/actionmaps").defaults(serde_json::json!({ "weight": 2 })));
    /// let created = service.call("POST", "/api/v2/journey/actionmaps", serde_json::json!({}));
    /// assert_eq!(created.read_json::<serde_json::Value>()?["weight"], 2);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn defaults(mut self, fields: impl Serialize) -> Family {
        self.defaults = to_object(fields);
        self
    }

    /// Sets the fields that hold objects and that an update merges instead of replacing.
    ///
    /// ```
    /// use genesys_stand_in::{Family, StandIn};
    /// use serde_json::{Value, json};
    ///
    /// let service = StandIn::start();
    /// service.add_family(Family::new("journey/actionmaps").merged(["action"]));
    /// let id = service.add("journey/actionmaps", json!({ "action": { "a": 1, "b": 1 } }));
    /// let path = format!("/api/v2/journey/actionmaps/{id}");
    /// let updated: Value = service.call("PATCH", &path, json!({ "action": { "b": 2 } })).read_json()?;
    /// assert_eq!(updated["action"], json!({ "a": 1, "b": 2 }));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn merged<T: Into<String>>(mut self, fields: impl IntoIterator<Item = T>) -> Family {
        self.merged = fields.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the number of entities that an organisation may have. Default: 10,000.
    ///
    /// ```
    /// use genesys_stand_in::{Family, StandIn};
    ///
    /// let service = StandIn::start();
    /// service.add_family(Family::new("journey/actionmaps").limit(1));
    /// assert_eq!(service.call("POST", "/api/v2/journey/actionmaps", serde_json::json!({})).status, 200);
    /// let refused = service.call("POST", "/api/v2/journey/actionmaps", serde_json::json!({}));
    /// assert_eq!(refused.read_json::<serde_json::Value>()?["code"], "limit.exceeded");
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn limit(mut self, entities: usize) -> Family {
        self.limit = entities;
        self
    }

    /// Sets the way the list is split into pages. Default: [`Paging::Numbers`].
    ///
    /// ```
    /// use genesys_stand_in::{Family, Paging, StandIn};
    ///
    /// let service = StandIn::start();
    /// service.add_family(Family::new("journey/schemas").paging(Paging::Whole));
    /// let list = service.call("GET", "/api/v2/journey/schemas", ());
    /// assert_eq!(list.body, r#"{"entities":[]}"#);
    /// ```
    pub fn paging(mut self, paging: Paging) -> Family {
        self.paging = paging;
        self
    }

    /// Sets the maximum page size; a request for more is refused. Default: 500.
    ///
    /// ```
    /// use genesys_stand_in::{Family, StandIn};
    ///
    /// let service = StandIn::start();
    /// service.add_family(Family::new("journey/externalevents/configurations").max_page_size(20));
    /// let path = "/api/v2/journey/externalevents/configurations?pageSize=21";
    /// assert_eq!(service.call("GET", path, ()).status, 400);
    /// ```
    pub fn max_page_size(mut self, entities: usize) -> Family {
        self.max_page_size = entities;
        self
    }

    /// Adds a parameter with a list of at most `max` ids. With it, paging, sorting and the other filters of a request are
    /// ignored.
    ///
    /// ```
    /// use genesys_stand_in::{Family, StandIn};
    ///
    /// let service = StandIn::start();
    /// service.add_family(Family::new("journey/actionmaps").filter_ids("actionMapIds", 100));
    /// let id = service.add("journey/actionmaps", serde_json::json!({}));
    /// service.add("journey/actionmaps", serde_json::json!({}));
    /// let list = service.call("GET", &format!("/api/v2/journey/actionmaps?actionMapIds={id}"), ());
    /// assert_eq!(list.read_json::<serde_json::Value>()?["entities"][0]["id"], id.as_str());
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn filter_ids(mut self, param: &str, max: usize) -> Family {
        self.filters.push(Filter::Ids { param: param.to_owned(), max });
        self
    }

    /// Adds a parameter whose value a field must have.
    ///
    /// ```
    /// use genesys_stand_in::{Family, StandIn};
    ///
    /// let service = StandIn::start();
    /// service.add_family(Family::new("journey/actiontemplates").filter_equal("state", "state"));
    /// service.add("journey/actiontemplates", serde_json::json!({ "state": "Active" }));
    /// let list = service.call("GET", "/api/v2/journey/actiontemplates?state=Deleted", ());
    /// assert_eq!(list.read_json::<serde_json::Value>()?["total"], 0);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn filter_equal(mut self, param: &str, field: &str) -> Family {
        self.filters.push(Filter::Equal { param: param.to_owned(), field: field.to_owned() });
        self
    }

    /// Adds a parameter whose text one of the fields must contain, in any case.
    ///
    /// ```
    /// use genesys_stand_in::{Family, StandIn};
    ///
    /// let service = StandIn::start();
    /// service.add_family(Family::new("journey/views").filter_contains("nameOrCreatedBy", ["name", "createdBy"]));
    /// service.add("journey/views", serde_json::json!({ "name": "Checkout" }));
    /// let list = service.call("GET", "/api/v2/journey/views?nameOrCreatedBy=check", ());
    /// assert_eq!(list.read_json::<serde_json::Value>()?["total"], 1);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn filter_contains<T: Into<String>>(mut self, param: &str, fields: impl IntoIterator<Item = T>) -> Family {
        let fields = fields.into_iter().map(Into::into).collect();
        self.filters.push(Filter::Contains { param: param.to_owned(), fields });
        self
    }

    /// Adds two parameters for a comparison: the path of a field, such as `action.mediaType`, and the value it must have.
    ///
    /// ```
    /// use genesys_stand_in::{Family, StandIn};
    ///
    /// let service = StandIn::start();
    /// service.add_family(Family::new("journey/things").filter_field("filterField", "filterValue"));
    /// service.add("journey/things", serde_json::json!({ "action": { "weight": 3 } }));
    /// let list = service.call("GET", "/api/v2/journey/things?filterField=action.weight&filterValue=3", ());
    /// assert_eq!(list.read_json::<serde_json::Value>()?["total"], 1);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn filter_field(mut self, field_param: &str, value_param: &str) -> Family {
        self.filters.push(Filter::Field { field: field_param.to_owned(), value: value_param.to_owned() });
        self
    }

    /// Adds two parameters for a search: the names of fields, and the text that one of them must contain, in any case.
    ///
    /// ```
    /// use genesys_stand_in::{Family, StandIn};
    ///
    /// let service = StandIn::start();
    /// service.add_family(Family::new("journey/actionmaps").filter_search("queryFields", "queryValue"));
    /// service.add("journey/actionmaps", serde_json::json!({ "displayName": "Offers" }));
    /// let list = service.call("GET", "/api/v2/journey/actionmaps?queryFields=displayName&queryValue=off", ());
    /// assert_eq!(list.read_json::<serde_json::Value>()?["total"], 1);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn filter_search(mut self, fields_param: &str, value_param: &str) -> Family {
        self.filters.push(Filter::Search { fields: fields_param.to_owned(), value: value_param.to_owned() });
        self
    }

    /// Returns the number of literal segments if the path lies at or directly below this family.
    pub(crate) fn matches(&self, path: &[impl AsRef<str>]) -> Option<usize> {
        let fits = path.len() == self.path.len() || path.len() == self.path.len() + 1;
        let same = |(part, segment): (&Option<String>, &_)| match part {
            Some(part) => part == AsRef::<str>::as_ref(segment),
            None => true,
        };
        (fits && self.path.iter().zip(path).all(same)).then(|| self.path.iter().flatten().count())
    }
}

/// Splits a path below `/api/v2/`, which may be part of it.
pub(crate) fn split(path: &str) -> Vec<String> {
    let path = path.trim_start_matches('/');
    path.strip_prefix("api/v2/").unwrap_or(path).split('/').map(str::to_owned).collect()
}
