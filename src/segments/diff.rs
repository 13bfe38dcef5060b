//! What differs between a segment that there is and one that there should be.

use super::{ExternalSegmentUpdate, NewSegment, Segment, SegmentUpdate};
use crate::Update;
use crate::criteria::{Context, ContextCriterion, Journey, JourneyCriterion};

/// What [`ensure`](super::ensure) would send for a segment: its dry run, which asks nobody.
///
/// What `wanted` does not set is not a difference (and is never cleared: for that there is
/// [`update`](super::update)), nor are the order of patterns, criteria and values, and the case of a
/// colour. An event name belongs to its pattern: a pattern without one is another than one with it. The
/// version is that of the segment, so that the update is guarded by it; [`SegmentUpdate::is_empty`] says
/// whether there is anything to do.
///
/// ```
/// use genesys_journey::segments::{NewSegment, Segment, diff};
///
/// let segment: Segment = serde_json::from_str(r##"{
///     "id": "7", "isActive": true, "displayName": "VIP", "version": 3, "color": "#1F6FEB",
///     "scope": "Session", "shouldDisplayToAgent": false,
///     "createdDate": "2026-05-04T08:15:30Z", "modifiedDate": "2026-05-04T08:15:30Z"
/// }"##)?;
/// assert!(diff(&segment, &NewSegment::new("VIP")).is_empty());
///
/// let wanted = NewSegment { is_active: Some(false), ..NewSegment::new("VIP") };
/// assert_eq!(serde_json::to_string(&diff(&segment, &wanted))?, r#"{"isActive":false,"version":3}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use = "the difference is only returned, not applied"]
pub fn diff(segment: &Segment, wanted: &NewSegment) -> SegmentUpdate {
    let external_name = wanted.external_segment.as_ref().map(|external| &external.name);
    let named = segment.external_segment.as_ref().map(|external| &external.name);
    let new_external_name = external_name.filter(|name| named.is_some_and(|named| named != *name));
    SegmentUpdate {
        is_active: wanted.is_active.filter(|is_active| *is_active != segment.is_active),
        display_name: Some(wanted.display_name.clone()).filter(|name| *name != segment.display_name),
        version: Some(segment.version),
        description: unless_same(wanted.description.as_ref(), |text| {
            // No text is no description.
            *text == segment.description.as_deref().unwrap_or_default()
        }),
        color: unless_same(wanted.color.as_ref(), |color| {
            segment.color.as_ref().is_some_and(|now| color.eq_ignore_ascii_case(now))
        }),
        should_display_to_agent: unless_same(wanted.should_display_to_agent.as_ref(), |display| {
            Some(*display) == segment.should_display_to_agent
        }),
        context: unless_same(wanted.context.as_ref(), |context| {
            same_context(context, segment.context.as_ref().unwrap_or(&Context::default()))
        }),
        journey: unless_same(wanted.journey.as_ref(), |journey| {
            same_journey(journey, segment.journey.as_ref().unwrap_or(&Journey::default()))
        }),
        external_segment: new_external_name.map(|name| ExternalSegmentUpdate { name: Some(name.clone()) }),
        assignment_expiration_days: unless_same(wanted.assignment_expiration_days.as_ref(), |days| {
            Some(*days) == segment.assignment_expiration_days
        }),
    }
}

fn unless_same<T: Clone>(wanted: Option<&T>, same: impl FnOnce(&T) -> bool) -> Update<T> {
    wanted.filter(|wanted| !same(wanted)).map_or(Update::Keep, |wanted| Update::Set(wanted.clone()))
}

fn same_context(wanted: &Context, is: &Context) -> bool {
    same_set(&wanted.patterns, &is.patterns, &|wanted, is| {
        same_set(&wanted.criteria, &is.criteria, &|wanted: &ContextCriterion, is: &ContextCriterion| {
            wanted.key == is.key
                && left_open_or(&wanted.entity_type, &is.entity_type)
                && left_open_or(&wanted.operator, &is.operator)
                && left_open_or(&wanted.should_ignore_case, &is.should_ignore_case)
                && same_values(&wanted.values, &is.values)
        })
    })
}

fn same_journey(wanted: &Journey, is: &Journey) -> bool {
    same_set(&wanted.patterns, &is.patterns, &|wanted, is| {
        left_open_or(&wanted.count, &is.count)
            && left_open_or(&wanted.stream_type, &is.stream_type)
            && left_open_or(&wanted.session_type, &is.session_type)
            && wanted.event_name == is.event_name
            && same_set(&wanted.criteria, &is.criteria, &|wanted: &JourneyCriterion, is: &JourneyCriterion| {
                wanted.key == is.key
                    && left_open_or(&wanted.operator, &is.operator)
                    && left_open_or(&wanted.should_ignore_case, &is.should_ignore_case)
                    && same_values(&wanted.values, &is.values)
            })
    })
}

/// What is left to the service is the same as whatever the service made of it.
fn left_open_or<T: PartialEq>(wanted: &Option<T>, is: &Option<T>) -> bool {
    wanted.is_none() || wanted == is
}

fn same_values(wanted: &[String], is: &[String]) -> bool {
    let sorted = |values: &[String]| {
        let mut values = values.to_vec();
        values.sort_unstable();
        values.dedup();
        values
    };
    sorted(wanted) == sorted(is)
}

/// Whether each of the wanted has one of its own among what is there, and none is left over. What is
/// left open may fit several, so a partner once found may have to give way for another (a matching in
/// a bipartite graph, by augmenting paths).
fn same_set<T>(wanted: &[T], is: &[T], same: &dyn Fn(&T, &T) -> bool) -> bool {
    fn find_partner(i: usize, fits: &[Vec<usize>], tried: &mut [bool], partner_of: &mut [Option<usize>]) -> bool {
        for &j in fits.get(i).into_iter().flatten() {
            let Some(tried_j) = tried.get_mut(j) else { continue };
            if std::mem::replace(tried_j, true) {
                continue;
            }
            let taken_by = partner_of.get(j).copied().flatten();
            if taken_by.is_none_or(|other| find_partner(other, fits, tried, partner_of)) {
                if let Some(partner) = partner_of.get_mut(j) {
                    *partner = Some(i);
                }
                return true;
            }
        }
        false
    }

    if wanted.len() != is.len() {
        return false;
    }
    let fitting = |wanted: &T| (0..).zip(is).filter(|(_, is)| same(wanted, is)).map(|(j, _)| j).collect();
    let fits: Vec<Vec<usize>> = wanted.iter().map(fitting).collect();
    let mut partner_of = vec![None; is.len()];
    (0..wanted.len()).all(|i| find_partner(i, &fits, &mut vec![false; is.len()], &mut partner_of))
}
