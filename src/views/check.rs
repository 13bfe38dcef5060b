//! The check of a view before it is sent: references, durations and required fields.
//!
//! Invariant: [`NewView::check`] is never called by `create` or `replace`, so that a rule that the vendor changes
//! prevents no request.

use std::collections::HashSet;

use super::charts::{Aggregate, Chart};
use super::element::{Bound, Element, ElementFilter, Link, Range, TimeConstraint};
use super::model::NewView;
use crate::interval::Interval;
use crate::{Error, Result};

impl NewView {
    /// Checks the view, and returns the first problem. Nothing is sent.
    ///
    /// It checks that ids and names are set and unique, that links, metrics and groups refer to elements, that required
    /// fields are set, that numbers are finite and durations are written in ISO 8601, and that exactly one of
    /// [`interval`](Self::interval) and [`duration`](Self::duration) is set.
    ///
    /// The service may refuse more, and may permit more: [`create`](super::create),
    /// [`versions::create`](super::versions::create) and [`versions::replace`](super::versions::replace) send a view
    /// as it is.
    ///
    /// # Errors
    /// `Input`; [`Error::field`] is the path of the field, such as `elements[0].followedBy[0].id`.
    ///
    /// ```
    /// use genesys_journey::views::{Element, NewView};
    ///
    /// let start = Element::event("Start", "a definition").followed_by("End");
    /// let view = NewView { duration: Some("P30D".into()), ..NewView::new("Checkout", [start]) };
    /// assert_eq!(view.check().unwrap_err().field(), Some("elements[0].followedBy[0].id"));
    /// ```
    pub fn check(&self) -> Result<()> {
        if self.name.as_deref().unwrap_or_default().is_empty() {
            return Err(Error::input("name", "is empty; a view must have a name"));
        }
        match (&self.interval, &self.duration) {
            (Some(interval), None) => Interval::check(interval)?,
            (None, Some(duration)) => check_duration("duration", duration)?,
            _ => return Err(Error::input("interval and duration", "are both set or both unset; set only one")),
        }
        if self.elements.is_empty() {
            return Err(Error::input("elements", "is empty; a view must have an element"));
        }
        check_unique("elements", "id", self.elements.iter().map(|element| &*element.id))?;
        check_unique("elements", "name", self.elements.iter().map(|element| &*element.name))?;
        let ids: HashSet<&str> = self.elements.iter().map(|element| &*element.id).collect();
        for (i, element) in self.elements.iter().enumerate() {
            check_element(&format!("elements[{i}]"), element, &ids)?;
        }
        for (i, chart) in self.charts.iter().enumerate() {
            check_chart(&format!("charts[{i}]"), chart, &ids)?;
        }
        Ok(())
    }
}

fn check_element(path: &str, element: &Element, ids: &HashSet<&str>) -> Result<()> {
    let attributes = &element.attributes;
    if attributes.element_type.is_none() {
        return Err(Error::input(format!("{path}.attributes.type"), "must be set"));
    }
    if attributes.id.as_deref().unwrap_or_default().is_empty() {
        return Err(Error::input(format!("{path}.attributes.id"), "must be the id of an event definition"));
    }
    if let Some(filter) = &element.filter {
        check_filter(&format!("{path}.filter"), filter)?;
    }
    for (i, link) in element.followed_by.iter().enumerate() {
        check_link(&format!("{path}.followedBy[{i}]"), link, ids)?;
    }
    Ok(())
}

fn check_filter(path: &str, filter: &ElementFilter) -> Result<()> {
    if filter.filter_type.is_none() {
        return Err(Error::input(format!("{path}.type"), "must be set"));
    }
    for (i, predicate) in filter.predicates.iter().enumerate() {
        let path = format!("{path}.predicates[{i}]");
        check_not_empty(&path, "dimension", &predicate.dimension)?;
        if predicate.values.is_empty() && predicate.no_value != Some(true) {
            return Err(Error::input(format!("{path}.values"), "is empty, and noValue is not set; set one of them"));
        }
    }
    for (i, predicate) in filter.number_predicates.iter().enumerate() {
        let path = format!("{path}.numberPredicates[{i}]");
        check_not_empty(&path, "dimension", &predicate.dimension)?;
        check_range(&format!("{path}.range"), &predicate.range)?;
    }
    Ok(())
}

fn check_range(path: &str, range: &Range) -> Result<()> {
    let Range { lt, lte, gt, gte, eq, neq } = range;
    let bounds = [("lt", lt), ("lte", lte), ("gt", gt), ("gte", gte), ("eq", eq), ("neq", neq)];
    if bounds.iter().all(|(_, bound)| bound.is_none()) {
        return Err(Error::input(path.to_owned(), "has no bound; a range needs a bound"));
    }
    for (name, bound) in bounds {
        let path = format!("{path}.{name}");
        match bound {
            None => {}
            Some(Bound { number: Some(number), duration: None }) if number.is_finite() => {}
            Some(Bound { number: Some(number), duration: None }) => {
                return Err(Error::input(path, format_args!("is {number}; it must be a finite number")));
            }
            Some(Bound { number: None, duration: Some(duration) }) => check_duration(&path, duration)?,
            Some(_) => return Err(Error::input(path, "must be either a number or a duration")),
        }
    }
    Ok(())
}

fn check_link(path: &str, link: &Link, ids: &HashSet<&str>) -> Result<()> {
    check_reference(format!("{path}.id"), &link.id, ids)?;
    for (name, constraint) in [("Within", &link.constraint_within), ("After", &link.constraint_after)] {
        let Some(TimeConstraint { unit, value }) = constraint else { continue };
        if unit.is_none() || value.is_none_or(|value| value < 0) {
            let problem = "must have a unit, and a value that is not negative";
            return Err(Error::input(format!("{path}.constraint{name}"), problem));
        }
    }
    Ok(())
}

fn check_chart(path: &str, chart: &Chart, ids: &HashSet<&str>) -> Result<()> {
    if chart.metrics.is_empty() {
        return Err(Error::input(format!("{path}.metrics"), "is empty; a chart must have a metric"));
    }
    check_unique(&format!("{path}.metrics"), "id", chart.metrics.iter().map(|metric| &*metric.id))?;
    for (i, metric) in chart.metrics.iter().enumerate() {
        let path = format!("{path}.metrics[{i}]");
        check_reference(format!("{path}.elementId"), &metric.element_id, ids)?;
        let needs_attribute = [Aggregate::Minimum, Aggregate::Maximum, Aggregate::Average, Aggregate::Sum];
        if let Some(aggregate) = metric.aggregate.as_ref().filter(|aggregate| needs_attribute.contains(aggregate)) {
            if metric.attribute.as_deref().unwrap_or_default().is_empty() {
                let path = format!("{path}.attribute");
                return Err(Error::input(path, format_args!("is empty; {aggregate} needs an attribute")));
            }
        }
    }
    for (i, group) in chart.group_by_attributes.iter().enumerate() {
        let path = format!("{path}.groupByAttributes[{i}]");
        check_reference(format!("{path}.elementId"), &group.element_id, ids)?;
        check_not_empty(&path, "attribute", &group.attribute)?;
    }
    Ok(())
}

fn check_reference(path: String, id: &str, ids: &HashSet<&str>) -> Result<()> {
    if ids.contains(id) {
        return Ok(());
    }
    Err(Error::input(path, format_args!("is {id:?}; no element has this id")))
}

fn check_not_empty(path: &str, field: &str, text: &str) -> Result<()> {
    if text.is_empty() {
        return Err(Error::input(format!("{path}.{field}"), "is empty; it must be set"));
    }
    Ok(())
}

fn check_unique<'a>(path: &str, field: &str, texts: impl Iterator<Item = &'a str>) -> Result<()> {
    let mut seen = HashSet::new();
    for (i, text) in texts.enumerate() {
        let path = format!("{path}[{i}]");
        check_not_empty(&path, field, text)?;
        if !seen.insert(text) {
            let problem = format!("is {text:?}, as in an earlier entry; it must be unique");
            return Err(Error::input(format!("{path}.{field}"), problem));
        }
    }
    Ok(())
}

fn check_duration(path: &str, text: &str) -> Result<()> {
    if is_duration(text) {
        return Ok(());
    }
    Err(Error::input(
        path.to_owned(),
        format_args!("is {text:?}; it must be an ISO 8601 duration such as P30D or PT30M"),
    ))
}

/// Returns whether a text is an ISO 8601 duration: numbers with the units of days, then `T` and those of times, each at
/// most once and in this order.
fn is_duration(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('P') else { return false };
    let (date, time) = rest.split_once('T').map_or((rest, None), |(date, time)| (date, Some(time)));
    let is_complete = !date.is_empty() || time.is_some();
    is_complete && has_units(date, "YMWD") && time.is_none_or(|time| !time.is_empty() && has_units(time, "HMS"))
}

fn has_units(mut text: &str, mut units: &str) -> bool {
    while !text.is_empty() {
        let end = text.find(|it: char| !it.is_ascii_digit() && it != '.').unwrap_or(text.len());
        let (number, rest) = text.split_at(end);
        let mut rest = rest.chars();
        let Some((_, later)) = rest.next().and_then(|unit| units.split_once(unit)) else { return false };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        if [whole, fraction].iter().any(|digits| digits.is_empty() || digits.contains('.')) {
            return false;
        }
        (text, units) = (rest.as_str(), later);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::is_duration;

    #[test]
    fn durations_of_iso_8601_are_recognised() {
        for text in ["P30D", "PT30M", "P1Y", "P2W", "P1Y2M3DT4H5M6.5S", "PT0S", "P0.5D"] {
            assert!(is_duration(text), "{text}");
        }
        for text in [
            "", "P", "PT", "P1", "30D", "P1H", "PT1D", "P1DT", "P1D1Y", "P1D1D", "P.D", "P1.D", "P1..2D", "p1d",
            "P-1D", "P1D ",
        ] {
            assert!(!is_duration(text), "{text}");
        }
    }
}
