//! Lists: filters, sorting, pages.

use std::cmp::Ordering;

use serde_json::{Map, Value, json};

use crate::family::{Family, Filter, Paging};
use crate::request::RecordedRequest;
use crate::response::Response;

const DEFAULT_PAGE_SIZE: usize = 25;

/// Returns the page of these entities that a request wants.
pub(crate) fn page(
    family: &Family,
    request: &RecordedRequest,
    mut entities: Vec<Value>,
) -> Result<Map<String, Value>, Response> {
    for filter in &family.filters {
        if let Filter::Ids { param, max } = filter {
            let ids = request.query_list(param);
            if ids.len() > *max {
                return Err(Response::bad_request(&format!("At most {max} {param}")));
            }
            if !ids.is_empty() {
                entities.retain(|entity| ids.contains(&text(entity, "id").as_str()));
                return Ok(whole(entities));
            }
        }
    }
    for filter in &family.filters {
        apply(filter, request, &mut entities);
    }
    for field in request.query_list("sortBy").into_iter().rev() {
        sort(field, &mut entities);
    }
    match family.paging {
        Paging::Numbers => numbered(family, request, entities),
        Paging::After => Ok(after(request, position(family, request, "after")?, entities)),
        Paging::Cursor => Ok(cursor(position(family, request, "cursor")?, entities)),
        Paging::Whole => Ok(whole(entities)),
    }
}

fn apply(filter: &Filter, request: &RecordedRequest, entities: &mut Vec<Value>) {
    match filter {
        Filter::Ids { .. } => {}
        Filter::Equal { param, field } => {
            let wanted = request.query_list(param);
            if !wanted.is_empty() {
                entities.retain(|entity| wanted.contains(&text(entity, field).as_str()));
            }
        }
        Filter::Contains { param, fields } => {
            if let Some(value) = request.query_first(param) {
                let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
                retain_containing(&fields, value, entities);
            }
        }
        Filter::Field { field, value } => {
            if let (Some(field), Some(value)) = (request.query_first(field), request.query_first(value)) {
                let pointer = format!("/{}", field.replace('.', "/"));
                entities.retain(|entity| entity.pointer(&pointer).map(plain).as_deref() == Some(value));
            }
        }
        Filter::Search { fields, value } => {
            if let Some(value) = request.query_first(value) {
                retain_containing(&request.query_list(fields), value, entities);
            }
        }
    }
}

fn retain_containing(fields: &[&str], value: &str, entities: &mut Vec<Value>) {
    let value = value.to_lowercase();
    let contains = |entity: &Value, field: &str| text(entity, field).to_lowercase().contains(&value);
    entities.retain(|entity| fields.iter().any(|field| contains(entity, field)));
}

/// Sorts by one field: `field`, `-field`, `field:asc` or `field:desc`. The order of equals is kept.
fn sort(by: &str, entities: &mut [Value]) {
    let (field, descending) = match (by.strip_prefix('-'), by.strip_suffix(":desc")) {
        (Some(field), _) | (None, Some(field)) => (field, true),
        (None, None) => (by.strip_suffix(":asc").unwrap_or(by), false),
    };
    entities.sort_by(|a, b| {
        let order = compare(a.get(field), b.get(field));
        if descending { order.reverse() } else { order }
    });
}

fn compare(a: Option<&Value>, b: Option<&Value>) -> Ordering {
    match (a.and_then(Value::as_f64), b.and_then(Value::as_f64)) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        _ => a.map(plain).cmp(&b.map(plain)),
    }
}

/// Returns a field as a query would name its value.
fn text(entity: &Value, field: &str) -> String {
    entity.get(field).map(plain).unwrap_or_default()
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn whole(entities: Vec<Value>) -> Map<String, Value> {
    Map::from_iter([("entities".to_owned(), Value::Array(entities))])
}

fn page_size(family: &Family, request: &RecordedRequest) -> Result<usize, Response> {
    match number(request, "pageSize", DEFAULT_PAGE_SIZE.min(family.max_page_size))? {
        size if size == 0 || size > family.max_page_size => {
            Err(Response::bad_request(&format!("The page size must be from 1 to {}", family.max_page_size)))
        }
        size => Ok(size),
    }
}

fn number(request: &RecordedRequest, param: &str, default: usize) -> Result<usize, Response> {
    let no_number = |_| Response::bad_request(&format!("{param} is not a number"));
    request.query_first(param).map_or(Ok(default), |value| value.parse().map_err(no_number))
}

fn slice<T>(items: Vec<T>, from: usize, size: usize) -> Vec<T> {
    items.into_iter().skip(from).take(size).collect()
}

fn numbered(family: &Family, request: &RecordedRequest, entities: Vec<Value>) -> Result<Map<String, Value>, Response> {
    let (size, number) = (page_size(family, request)?, number(request, "pageNumber", 1)?);
    if number == 0 {
        return Err(Response::bad_request("The first page has the number 1"));
    }
    let (total, path) = (entities.len(), &request.raw_path);
    let pages = total.div_ceil(size);
    let uri = |number: usize| json!(format!("{path}?pageSize={size}&pageNumber={number}"));
    let mut page = whole(slice(entities, (number - 1).saturating_mul(size), size));
    let envelope = [
        ("pageSize", json!(size)),
        ("pageNumber", json!(number)),
        ("total", json!(total)),
        ("pageCount", json!(pages)),
        ("firstUri", uri(1)),
        ("lastUri", uri(pages.max(1))),
        ("selfUri", uri(number)),
    ];
    page.extend(envelope.map(|(field, value)| (field.to_owned(), value)));
    if number < pages {
        page.insert("nextUri".to_owned(), uri(number + 1));
    }
    if number > 1 {
        page.insert("previousUri".to_owned(), uri(number - 1));
    }
    Ok(page)
}

/// The place in a list that a cursor names, and the number of entities from there.
pub(crate) struct Position {
    from: usize,
    size: usize,
}

impl Position {
    pub const WHOLE: Position = Position { from: 0, size: usize::MAX };

    /// Reads a cursor as [`Position::next`] writes it.
    pub fn read(cursor: Option<&str>, size: usize) -> Option<Position> {
        let from = match cursor {
            Some(cursor) => cursor.strip_prefix("from-")?.parse().ok()?,
            None => 0,
        };
        Some(Position { from, size })
    }

    /// Returns the items of the page and the cursor of the next page.
    pub fn split<T>(&self, items: Vec<T>) -> (Vec<T>, Option<String>) {
        let total = items.len();
        let next = self.from.saturating_add(self.size);
        (slice(items, self.from, self.size), (next < total).then(|| format!("from-{next}")))
    }
}

fn position(family: &Family, request: &RecordedRequest, param: &str) -> Result<Position, Response> {
    let size = page_size(family, request)?;
    Position::read(request.query_first(param), size).ok_or_else(|| Response::error(400, "bad.cursor", "No such cursor"))
}

fn after(request: &RecordedRequest, position: Position, entities: Vec<Value>) -> Map<String, Value> {
    let (entities, next) = position.split(entities);
    let path = &request.raw_path;
    let mut page = whole(entities);
    let own = if request.raw_query.is_empty() { path.clone() } else { format!("{path}?{}", request.raw_query) };
    page.insert("selfUri".to_owned(), json!(own));
    if let Some(next) = next {
        page.insert("nextUri".to_owned(), json!(format!("{path}?pageSize={}&after={next}", position.size)));
    }
    page
}

fn cursor(position: Position, entities: Vec<Value>) -> Map<String, Value> {
    let (entities, next) = position.split(entities);
    let mut page = whole(entities);
    page.extend(next.map(|next| ("cursor".to_owned(), json!(next))));
    page
}
