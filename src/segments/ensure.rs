//! Segments from code: what there should be, and what it takes to get there.

use super::{ExternalSegmentUpdate, NewSegment, Segment, SegmentUpdate, create, find_by_name, get, update};
use crate::criteria::{Context, ContextCriterion, Journey, JourneyCriterion};
use crate::pauses::Pauses;
use crate::{Config, Error, ErrorKind, Result, Update};

/// How often a change is tried against others who change the same segment.
const TRIES: u32 = 5;

/// What [`ensure`] did.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Ensured {
    /// There was no segment of this name; now there is.
    Created(Segment),
    /// What differed was changed.
    #[non_exhaustive]
    Updated {
        /// The segment as it is now.
        segment: Segment,
        /// What was sent.
        update: SegmentUpdate,
    },
    /// It was as it should be; nothing was sent.
    Unchanged(Segment),
}

impl Ensured {
    /// The segment as it is now.
    pub fn segment(&self) -> &Segment {
        match self {
            Ensured::Created(segment) | Ensured::Updated { segment, .. } | Ensured::Unchanged(segment) => segment,
        }
    }
}

/// Sees to it that there is a segment of this name that is like this: creates it, updates what
/// [`diff`]ers, or leaves it alone.
///
/// Running it twice sends no second write. When the outcome of a write is unknown it looks, again and
/// again until the deadline, before it says so; a create is never sent a second time. After a write it
/// looks in the same way until a read shows what was written. All of it has the deadline of one call. Two programs that ensure a new
/// name at the same moment may both create it, where the service lets them: names need not be unique.
///
/// Requests: those of [`find_by_name`]; for a write one more, and at least one to see it.
///
/// **Permission** `journey:segment:view`, and `journey:segment:add` or `journey:segment:edit`
///
/// # Errors
/// Those of [`find_by_name`], [`create`] and [`update`]; `Input` where the segment mirrors another
/// external segment than it should, which cannot be changed; `Api` where others change it all the time, so
/// that 5 tries meet a conflict. With [`outcome_unknown`](Error::outcome_unknown) the write has not shown
/// up: run it again later.
///
/// ```
/// # let config = genesys_stand_in::of_the_docs();
/// use genesys_journey::segments::{self, Ensured, NewSegment};
///
/// let wanted = NewSegment { color: Some("#1F6FEB".into()), ..NewSegment::new("VIP") };
/// match segments::ensure(&config, &wanted)? {
///     Ensured::Created(segment) => println!("created {}", segment.id),
///     Ensured::Updated { update, .. } => println!("changed {update:?}"),
///     _ => println!("nothing to do"),
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
pub fn ensure(config: &Config, wanted: &NewSegment) -> Result<Ensured> {
    wanted.check()?;
    let config = &config.as_one_call()?;
    match find_by_name(config, &wanted.display_name)? {
        Some(segment) => change_and_see(config, segment, wanted),
        None => create_and_see(config, wanted),
    }
}

/// What [`ensure`] would send for a segment: its dry run, which asks nobody.
///
/// What `wanted` does not set is not a difference (so nothing is ever cleared: for that there is
/// [`update`]), nor are the order of patterns, criteria and values, and the case of a colour. An event
/// name belongs to its pattern: a pattern without one is another than one with it. The version is that of
/// the segment, so that the update is guarded by it; [`SegmentUpdate::is_empty`] says whether there is
/// anything to do.
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
pub fn diff(segment: &Segment, wanted: &NewSegment) -> SegmentUpdate {
    let external_name = wanted.external_segment.as_ref().map(|external| &external.name);
    let named = segment.external_segment.as_ref().map(|external| &external.name);
    SegmentUpdate {
        is_active: unless_same(wanted.is_active.as_ref(), |is_active| *is_active == segment.is_active),
        display_name: unless_same(Some(&wanted.display_name), |name| *name == segment.display_name),
        version: Some(segment.version),
        description: unless_same(wanted.description.as_ref(), |text| Some(text) == segment.description.as_ref()),
        color: unless_same(wanted.color.as_ref(), |color| color.eq_ignore_ascii_case(&segment.color)),
        should_display_to_agent: unless_same(wanted.should_display_to_agent.as_ref(), |display| {
            *display == segment.should_display_to_agent
        }),
        context: unless_same(wanted.context.as_ref(), |context| same_context(context, &segment.context)),
        journey: unless_same(wanted.journey.as_ref(), |journey| same_journey(journey, &segment.journey)),
        external_segment: match unless_same(external_name, |name| named.is_none_or(|named| name == named)) {
            Update::Set(name) => Update::Set(ExternalSegmentUpdate { name: name.into() }),
            Update::Keep | Update::Clear => Update::Keep,
        },
        assignment_expiration_days: unless_same(wanted.assignment_expiration_days.as_ref(), |days| {
            Some(*days) == segment.assignment_expiration_days
        }),
    }
}

fn unless_same<T: Clone>(wanted: Option<&T>, same: impl FnOnce(&T) -> bool) -> Update<T> {
    wanted.filter(|wanted| !same(wanted)).map_or(Update::Keep, |wanted| Update::Set(wanted.clone()))
}

fn create_and_see(config: &Config, wanted: &NewSegment) -> Result<Ensured> {
    let name = &wanted.display_name;
    let error = match create(config, wanted) {
        Ok(segment) => {
            let seen = await_read(config, || Ok(find_by_name(config, name)?.filter(|seen| seen.id == segment.id)));
            return Ok(Ensured::Created(seen.unwrap_or(segment)));
        }
        Err(error) => error,
    };
    let unknown = error.outcome_unknown();
    // The name may be taken by one that a lagging read did not show.
    if !unknown && error.status() != Some(409) {
        return Err(error);
    }
    // It may be there, or appear in a while. That it is not seen does not mean that it never will be. And
    // what is seen may be somebody else's, who was quicker.
    let seen = await_read(config, || find_by_name(config, name)).ok_or(error)?;
    match unknown && check_external(&seen, wanted).is_ok() && diff(&seen, wanted).is_empty() {
        true => Ok(Ensured::Created(seen)),
        false => change_and_see(config, seen, wanted),
    }
}

fn change_and_see(config: &Config, mut segment: Segment, wanted: &NewSegment) -> Result<Ensured> {
    check_external(&segment, wanted)?;
    let mut tries = 1;
    loop {
        let changes = diff(&segment, wanted);
        if changes.is_empty() {
            return Ok(Ensured::Unchanged(segment));
        }
        let newer = |than: i64| {
            let id = segment.id.clone();
            move || Ok(Some(get(config, &id)?).filter(|seen: &Segment| seen.version > than))
        };
        match update(config, &segment.id, &changes) {
            Ok(written) => {
                let seen = await_read(config, newer(written.version - 1));
                return Ok(Ensured::Updated { segment: seen.unwrap_or(written), update: changes });
            }
            Err(error) if error.outcome_unknown() => {
                // The version guards it: were it sent again and carried out late, one of the two is refused.
                let seen = await_read(config, newer(segment.version)).ok_or(error)?;
                if diff(&seen, wanted).is_empty() {
                    return Ok(Ensured::Updated { segment: seen, update: changes });
                }
                segment = seen;
            }
            Err(error) if error.is_version_conflict() && tries < TRIES => {
                segment = await_read(config, newer(segment.version)).ok_or(error)?;
            }
            Err(error) => return Err(error),
        }
        tries += 1;
        if tries > TRIES {
            return Err(Error::new(
                crate::ErrorKind::Api,
                format!("segment {} is changed by others all the time", segment.id),
            ));
        }
    }
}

/// Looks until there is something to see, with growing pauses, until the deadline; `None` where there is
/// nothing by then, or where looking fails for good: what is known of the write is the better answer.
fn await_read(config: &Config, mut look: impl FnMut() -> Result<Option<Segment>>) -> Option<Segment> {
    let unit = config.patience().ok()?;
    let mut pauses = Pauses::new(unit / 4, unit * 8, config.deadline().ok()?);
    loop {
        match look() {
            Ok(Some(seen)) => return Some(seen),
            Ok(None) => {}
            Err(error) if may_pass(&error) => log::debug!("what was written cannot be looked at yet: {error}"),
            Err(error) => {
                log::debug!("what was written cannot be looked at: {error}");
                return None;
            }
        }
        if !pauses.pause() {
            return None;
        }
    }
}

/// A look that fails so may go well a moment later: a read that lags behind a create finds nothing.
fn may_pass(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Transport | ErrorKind::Timeout)
        || error.is_rate_limited()
        || error.status().is_some_and(|status| status == 404 || status >= 500)
}

/// Which external segment a segment mirrors is decided once.
fn check_external(segment: &Segment, wanted: &NewSegment) -> Result<()> {
    let Some(wanted) = &wanted.external_segment else { return Ok(()) };
    let is = segment.external_segment.as_ref();
    let same_source = |is: &super::ExternalSegment| wanted.source.is_none() || wanted.source == is.source;
    match is.is_some_and(|is| is.id == wanted.id && same_source(is)) {
        true => Ok(()),
        false => Err(Error::input(
            "externalSegment",
            format_args!("of segment {} is {is:?}; which one it is cannot be changed, only its name", segment.id),
        )),
    }
}

fn same_context(wanted: &Context, is: &Context) -> bool {
    same_set(&wanted.patterns, &is.patterns, &|wanted, is| {
        same_set(&wanted.criteria, &is.criteria, &|wanted: &ContextCriterion, is: &ContextCriterion| {
            wanted.key == is.key
                && wanted.entity_type == is.entity_type
                && left_open_or(&wanted.operator, &is.operator)
                && left_open_or(&wanted.should_ignore_case, &is.should_ignore_case)
                && same_values(&wanted.values, &is.values)
        })
    })
}

fn same_journey(wanted: &Journey, is: &Journey) -> bool {
    same_set(&wanted.patterns, &is.patterns, &|wanted, is| {
        wanted.count == is.count
            && wanted.stream_type == is.stream_type
            && wanted.session_type == is.session_type
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
        values
    };
    wanted.len() == is.len() && sorted(wanted) == sorted(is)
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
