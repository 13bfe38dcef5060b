//! Constructors, so that a view is a few lines of code. References are by name.

use super::charts::{Aggregate, Chart, ChartMetric, GroupBy};
use super::element::{
    Bound, Element, ElementAttributes, ElementFilter, ElementType, FilterType, Link, NumberPredicate, Operator,
    Predicate, Range, TimeConstraint, TimeUnit,
};
use super::model::NewView;

/// Returns the id that [`Element::event`] gives to an element with this name. The same name always gives the same id, a
/// UUID.
///
/// ```
/// use genesys_journey::views::{Element, element_id};
///
/// assert_eq!(Element::event("Bot start", "a definition").id, element_id("Bot start"));
/// assert_ne!(element_id("Bot start"), element_id("Bot end"));
/// ```
#[must_use]
pub fn element_id(name: &str) -> String {
    // FNV-1a with 128 bits; the bits of version 8 and of the variant make it a UUID.
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let hash = name.bytes().fold(BASIS, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME));
    let (high, low) = ((hash >> 64) as u64, hash as u64);
    let (a, b, c) = (high >> 32, (high >> 16) & 0xffff, 0x8000 | (high & 0x0fff));
    let (d, e) = (0x8000 | ((low >> 48) & 0x3fff), low & 0xffff_ffff_ffff);
    format!("{a:08x}-{b:04x}-{c:04x}-{d:04x}-{e:012x}")
}

impl NewView {
    /// Returns a view of these elements. Before it is sent, it needs an [`interval`](Self::interval) or a
    /// [`duration`](Self::duration).
    ///
    /// ```
    /// use genesys_journey::views::charts::{Chart, ChartMetric, GroupByTime};
    /// use genesys_journey::views::{Element, Link, NewView, Predicate, TimeUnit};
    ///
    /// let bot = Element::event("Bot start", "4283fe19-b3eb-5c7b-9470-71b34a87c22b")
    ///     .filter(Predicate::matches("channels", ["CALL", "CALLBACK"]))
    ///     .followed_by(Link::to("Agent connected").within(60, TimeUnit::Minutes));
    /// let agent = Element::event("Agent connected", "6eb77050-95f0-5a9a-afed-40115c7974d1");
    /// let a_day = Chart {
    ///     group_by_time: Some(GroupByTime::Day),
    ///     ..Chart::new("Agents a day", [ChartMetric::customers("Agent connected")])
    /// };
    /// let view = NewView {
    ///     duration: Some("P30D".into()),
    ///     charts: vec![a_day],
    ///     ..NewView::new("From bot to agent", [bot, agent])
    /// };
    /// view.check()?;
    /// # Ok::<(), genesys_journey::Error>(())
    /// ```
    pub fn new(name: impl Into<String>, elements: impl IntoIterator<Item = Element>) -> NewView {
        NewView { name: Some(name.into()), elements: elements.into_iter().collect(), ..NewView::default() }
    }
}

impl Element {
    /// Returns an element for the event of a definition. Its id is the [`element_id`] of its name.
    pub fn event(name: impl Into<String>, definition_id: impl Into<String>) -> Element {
        let name = name.into();
        let attributes = ElementAttributes {
            element_type: Some(ElementType::Event),
            id: Some(definition_id.into()),
            ..ElementAttributes::default()
        };
        Element { id: element_id(&name), name, attributes, ..Element::default() }
    }

    /// Adds a link to a next element: the name of an element that [`event`](Self::event) returned, a reference to any
    /// element, or a [`Link`].
    #[must_use]
    pub fn followed_by(mut self, next: impl Into<Link>) -> Element {
        self.followed_by.push(next.into());
        self
    }

    /// Adds a condition on a text. An event must meet all conditions.
    #[must_use]
    pub fn filter(mut self, predicate: Predicate) -> Element {
        self.and_filter().predicates.push(predicate);
        self
    }

    /// Adds a condition on a number or a duration. An event must meet all conditions.
    #[must_use]
    pub fn filter_number(mut self, predicate: NumberPredicate) -> Element {
        self.and_filter().number_predicates.push(predicate);
        self
    }

    fn and_filter(&mut self) -> &mut ElementFilter {
        let empty = || ElementFilter { filter_type: Some(FilterType::And), ..ElementFilter::default() };
        self.filter.get_or_insert_with(empty)
    }
}

impl Predicate {
    /// Returns the condition that an attribute has one of these values.
    pub fn matches(dimension: impl Into<String>, values: impl IntoIterator<Item = impl Into<String>>) -> Predicate {
        Predicate {
            operator: Some(Operator::Matches),
            dimension: dimension.into(),
            values: values.into_iter().map(Into::into).collect(),
            no_value: None,
        }
    }

    /// Returns the condition that an attribute has none of these values.
    pub fn not_matches(dimension: impl Into<String>, values: impl IntoIterator<Item = impl Into<String>>) -> Predicate {
        Predicate { operator: Some(Operator::NotMatches), ..Predicate::matches(dimension, values) }
    }
}

impl NumberPredicate {
    /// Returns the condition that an attribute is within these bounds.
    ///
    /// ```
    /// use genesys_journey::views::{Bound, NumberPredicate, Range};
    ///
    /// let turns = Range { gt: Some(Bound::number(1.0)), ..Range::default() };
    /// let waits = Range { lte: Some(Bound::duration("PT30S")), ..Range::default() };
    /// let predicates = [NumberPredicate::new("turnCount", turns), NumberPredicate::new("waitTime", waits)];
    /// ```
    pub fn new(dimension: impl Into<String>, range: Range) -> NumberPredicate {
        NumberPredicate { operator: Some(Operator::Matches), dimension: dimension.into(), no_value: None, range }
    }
}

impl Bound {
    /// Returns a number.
    pub fn number(number: f64) -> Bound {
        Bound { number: Some(number), duration: None }
    }

    /// Returns a duration in ISO 8601, such as `PT30M`.
    pub fn duration(duration: impl Into<String>) -> Bound {
        Bound { duration: Some(duration.into()), number: None }
    }
}

impl Link {
    /// Returns a link to the element that [`Element::event`] makes with this name.
    pub fn to(name: &str) -> Link {
        Link { id: element_id(name), ..Link::default() }
    }

    /// Sets the longest time until the next element.
    #[must_use]
    pub fn within(self, value: i64, unit: TimeUnit) -> Link {
        Link { constraint_within: Some(TimeConstraint { unit: Some(unit), value: Some(value) }), ..self }
    }

    /// Sets the shortest time until the next element.
    #[must_use]
    pub fn after(self, value: i64, unit: TimeUnit) -> Link {
        Link { constraint_after: Some(TimeConstraint { unit: Some(unit), value: Some(value) }), ..self }
    }
}

/// A link to the element that [`Element::event`] makes with this name.
impl From<&str> for Link {
    fn from(name: &str) -> Self {
        Link::to(name)
    }
}

/// A link to this element.
impl From<&Element> for Link {
    fn from(element: &Element) -> Self {
        Link { id: element.id.clone(), ..Link::default() }
    }
}

impl Chart {
    /// Returns a chart of these metrics, without groups.
    pub fn new(name: impl Into<String>, metrics: impl IntoIterator<Item = ChartMetric>) -> Chart {
        Chart { name: Some(name.into()), metrics: metrics.into_iter().collect(), ..Chart::default() }
    }
}

impl ChartMetric {
    /// Returns the number of customers at the element of this name.
    pub fn customers(element: &str) -> ChartMetric {
        ChartMetric::count(Aggregate::CustomerCount, element)
    }

    /// Returns the number of events of the element of this name.
    pub fn events(element: &str) -> ChartMetric {
        ChartMetric::count(Aggregate::EventCount, element)
    }

    /// Returns a calculation, such as [`Aggregate::Average`], of an attribute of the element of this name.
    pub fn of(aggregate: Aggregate, element: &str, attribute: impl Into<String>) -> ChartMetric {
        let attribute = attribute.into();
        let id = metric_id(&[aggregate.as_str(), element, &attribute]);
        ChartMetric { id, attribute: Some(attribute), ..ChartMetric::count(aggregate, element) }
    }

    /// Returns a metric without an attribute. Its label is the name of the element.
    fn count(aggregate: Aggregate, element: &str) -> ChartMetric {
        ChartMetric {
            id: metric_id(&[aggregate.as_str(), element]),
            aggregate: Some(aggregate),
            element_id: element_id(element),
            display_label: Some(element.to_owned()),
            attribute: None,
        }
    }
}

/// Returns the id of a metric that consists of these parts. Other parts give another id: as JSON, they cannot run together.
fn metric_id(parts: &[&str]) -> String {
    element_id(&serde_json::json!(parts).to_string())
}

impl GroupBy {
    /// Returns an attribute of the element of this name, to split a chart by.
    pub fn new(element: &str, attribute: impl Into<String>) -> GroupBy {
        GroupBy { element_id: element_id(element), attribute: attribute.into() }
    }
}
