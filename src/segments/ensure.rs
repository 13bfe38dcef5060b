//! Segments from code: what there should be, and what it takes to get there.

use std::time::Instant;

use super::{NewSegment, Segment, SegmentUpdate, create, diff, find_by_name, get, update};
use crate::backoff::{Backoff, Polling};
use crate::call::LOG_TARGET;
use crate::{Config, Error, ErrorKind, Result};

/// How often a write is tried against others who change, rename or delete the same segment.
const TRIES: u32 = 20;

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
/// Running it twice sends no second write. Where the outcome of a write is unknown it looks what became of
/// it; a create is never sent a second time, and an update whose answer was lost, and that no read shows,
/// is, with the same version, so that one of the two is refused if both arrive. After a write it looks
/// until a read shows what was written. A segment that is renamed or deleted meanwhile is not the one any
/// more: it looks by name again. Two programs that ensure a new name at the same moment may both create
/// it, where the service lets them: names need not be unique.
///
/// Requests: those of [`find_by_name`]; for a write one more, and at least one to see it. All of it has the
/// deadline of one call, and a write has half of it, so that there is time to look.
///
/// **Permission** `journey:segment:view`, and `journey:segment:add` or `journey:segment:edit`
///
/// # Errors
/// Those of [`find_by_name`], [`create`] and [`update`]; `Input` where the segment mirrors another
/// external segment than it should, which cannot be changed; `Api` where others change it all the time, so
/// that 20 tries meet a conflict. With [`outcome_unknown`](Error::outcome_unknown) the write has not shown
/// up: run it again later.
///
/// ```
/// # let config = genesys_stand_in::doc_example();
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
    let config = &config.as_one_call();
    let mut polling = read_backoff(config)?;
    for _ in 0..TRIES {
        let ensured = match find_by_name(config, &wanted.display_name)? {
            Some(segment) => Change::of(config, wanted, segment).apply()?,
            None => create_it(config, wanted)?,
        };
        if let Some(ensured) = ensured {
            return Ok(ensured);
        }
        // Renamed or deleted meanwhile, which a read may not show at once.
        if !polling.wait() {
            let what = format!("the segment {:?} was renamed or deleted meanwhile", wanted.display_name);
            return Err(Error::new(ErrorKind::Timeout, what + ", and there is no time left to look again"));
        }
    }
    let what = format!("the segment {:?} is renamed or deleted by others all the time", wanted.display_name);
    Err(Error::new(ErrorKind::Api, what))
}

/// Creates it; `None` where another that was there before is no longer.
fn create_it(config: &Config, wanted: &NewSegment) -> Result<Option<Ensured>> {
    let error = match create(&half(config)?, wanted) {
        Ok(segment) => {
            // By the name that the service made of it.
            let mut look = || Ok(find_by_name(config, &segment.display_name)?.filter(|seen| seen.id == segment.id));
            let seen = await_read(config, &mut look);
            return Ok(Some(Ensured::Created(seen.unwrap_or(segment))));
        }
        Err(error) => error,
    };
    match error.outcome_unknown() {
        true => find_made(config, wanted, error).map(Some),
        // The name may be taken by one that a lagging read did not show.
        false if error.status() == Some(409) => {
            match await_read(&for_a_while(config)?, &mut || find_by_name(config, &wanted.display_name)) {
                Some(seen) => Change::of(config, wanted, seen).apply(),
                None => Err(error),
            }
        }
        false => Err(error),
    }
}

/// After a create of unknown outcome: it may be there, or appear in a while. That it is not seen does not
/// mean that it never will be; and what is seen may be somebody else's, who was quicker.
fn find_made(config: &Config, wanted: &NewSegment, error: Error) -> Result<Ensured> {
    let Some(seen) = await_read(config, &mut || find_by_name(config, &wanted.display_name)) else { return Err(error) };
    if check_external(&seen, wanted).is_ok() && diff(&seen, wanted).is_empty() {
        return Ok(Ensured::Created(seen));
    }
    // If it cannot be made as it should be, it is still not known whether another will appear.
    let changed = Change::of(config, wanted, seen).apply().unwrap_or_else(|other| {
        log::debug!(target: LOG_TARGET, "the segment of this name that there is cannot be changed: {other}");
        None
    });
    changed.ok_or(error)
}

/// On the way from what there is to what there should be.
struct Change<'a> {
    config: &'a Config,
    wanted: &'a NewSegment,
    segment: Segment,
    /// What may have been carried out, though its answer was lost.
    lost: Option<SegmentUpdate>,
    /// Why that is still not known.
    unresolved: Option<Error>,
}

impl Change<'_> {
    fn of<'a>(config: &'a Config, wanted: &'a NewSegment, segment: Segment) -> Change<'a> {
        Change { config, wanted, segment, lost: None, unresolved: None }
    }

    /// Carries it out; `None` where there is no such segment of this name any more.
    fn apply(mut self) -> Result<Option<Ensured>> {
        for tries in 1.. {
            if self.segment.display_name != self.wanted.display_name {
                break;
            }
            check_external(&self.segment, self.wanted)?;
            let changes = diff(&self.segment, self.wanted);
            if changes.is_empty() {
                return Ok(Some(self.done()));
            }
            let error = match update(&half(self.config)?, &self.segment.id, &changes) {
                Ok(written) => return Ok(Some(self.see(written, changes))),
                Err(error) if error.is_not_found() => break,
                Err(error) => error,
            };
            if error.outcome_unknown() && tries < TRIES {
                self.resolve_unknown_outcome(changes, error)?;
            } else if error.is_version_conflict() && tries < TRIES {
                self.resolve_conflict(error)?;
            } else {
                return Err(self.unresolved.unwrap_or(error));
            }
        }
        Ok(None)
    }

    /// It is as it should be.
    fn done(self) -> Ensured {
        match self.lost {
            Some(update) => Ensured::Updated { segment: self.segment, update },
            None => Ensured::Unchanged(self.segment),
        }
    }

    /// Waits until a read shows what was written.
    fn see(&self, written: Segment, update: SegmentUpdate) -> Ensured {
        let shows = |seen: &Segment| seen.version >= written.version && (self.is_later(seen) || *seen == written);
        let seen = await_read(self.config, &mut || Ok(Some(self.look()?).filter(shows)));
        Ensured::Updated { segment: seen.unwrap_or(written), update }
    }

    /// After an update of unknown outcome; where a read shows nothing of it, it is to be sent again. The version
    /// guards it: if both arrive, one is refused.
    fn resolve_unknown_outcome(&mut self, changes: SegmentUpdate, error: Error) -> Result<()> {
        self.lost = Some(changes);
        let mut as_before = false;
        let seen = await_read(&for_a_while(&half(self.config)?)?, &mut || {
            let seen = self.look()?;
            as_before = !self.is_later(&seen);
            Ok(Some(seen).filter(|_| !as_before))
        });
        match seen {
            Some(seen) => (self.segment, self.unresolved) = (seen, None),
            None if as_before && answer_was_lost(&error) => {
                log::debug!(target: LOG_TARGET, "sent again, with the same version, after: {error}");
                self.unresolved = Some(error);
            }
            None => return Err(error),
        }
        Ok(())
    }

    fn resolve_conflict(&mut self, error: Error) -> Result<()> {
        let mut newer =
            || Ok(Some(get(self.config, &self.segment.id)?).filter(|seen| seen.version > self.segment.version));
        match await_read(&for_a_while(self.config)?, &mut newer) {
            Some(seen) => (self.segment, self.unresolved) = (seen, None),
            None => return Err(self.unresolved.take().unwrap_or(error)),
        }
        Ok(())
    }

    /// The read with which the next who ensures it begins; by its id only where that is not its name any more.
    fn look(&self) -> Result<Segment> {
        match find_by_name(self.config, &self.wanted.display_name)?.filter(|seen| seen.id == self.segment.id) {
            Some(seen) => Ok(seen),
            None => get(self.config, &self.segment.id),
        }
    }

    /// A service that does not raise the version is believed as well.
    fn is_later(&self, seen: &Segment) -> bool {
        seen.version > self.segment.version || diff(seen, self.wanted).is_empty()
    }
}

/// A write has half of the time that is left: the other half is for looking what became of it.
fn half(config: &Config) -> Result<Config> {
    let now = Instant::now();
    Ok(config.with_deadline(now + config.deadline().saturating_duration_since(now) / 2))
}

/// What was refused may have been for a reason that no read ever shows.
fn for_a_while(config: &Config) -> Result<Config> {
    Ok(config.with_deadline(Instant::now() + config.initial_backoff() * 30))
}

fn read_backoff(config: &Config) -> Result<Polling> {
    let unit = config.initial_backoff();
    Ok(Polling::new(Backoff { initial: unit / 4, max: unit * 8 }, config.deadline()))
}

/// Looks until there is something to see, with growing backoff, until the deadline; `None` where there is
/// nothing by then, or where looking fails for good: what is known of the write is the better answer.
fn await_read(config: &Config, look: &mut dyn FnMut() -> Result<Option<Segment>>) -> Option<Segment> {
    let mut polling = read_backoff(config).ok()?;
    loop {
        match look() {
            Ok(Some(seen)) => return Some(seen),
            Ok(None) => {}
            Err(error) if may_pass(&error) => {
                log::debug!(target: LOG_TARGET, "what was written cannot be looked at yet: {error}")
            }
            Err(error) => {
                log::debug!(target: LOG_TARGET, "what was written cannot be looked at: {error}");
                return None;
            }
        }
        if !polling.wait() {
            return None;
        }
    }
}

/// On the way; and not for an error of the service itself, which is not asked twice.
fn answer_was_lost(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Transport | ErrorKind::Timeout)
        || matches!(error.status(), Some(408 | 502 | 503 | 504))
}

/// A look that fails so may go well a moment later: a read that lags behind a create finds nothing.
fn may_pass(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Transport | ErrorKind::Timeout)
        || error.is_rate_limited()
        || matches!(error.status(), Some(404 | 408 | 500..))
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
