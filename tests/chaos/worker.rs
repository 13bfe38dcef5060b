//! One of many threads that make calls, and the ledger of what these said that they did.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use genesys_journey::analytics::{self, AggregateQuery, Interval, Metric};
use genesys_journey::segments::{self, ListSegments, NewSegment, SegmentUpdate};
use genesys_journey::{Config, Error, ErrorKind};

use super::Random;
use genesys_listener::calls::in_time;

pub const DEADLINE: Duration = Duration::from_millis(1500);

/// What a call said about what it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    Done,
    NotDone,
    Unknown,
}

fn said<T>(result: &Result<T, Error>) -> Said {
    match result {
        Ok(_) => Said::Done,
        Err(error) if error.outcome_unknown() => Said::Unknown,
        Err(_) => Said::NotDone,
    }
}

#[derive(Default)]
pub struct Ledger {
    pub creates: Vec<(String, Said, Option<String>)>,
    /// By id, the updates and deletes: only the thread that created a segment changes it.
    pub updates: HashMap<String, Vec<Said>>,
    pub deletes: HashMap<String, Said>,
    /// How often a call of each kind said what.
    pub counts: BTreeMap<String, u32>,
}

/// A segment that is known to be there, with the version that was last seen.
struct Known {
    id: String,
    version: i64,
}

pub struct Worker {
    config: Config,
    name: String,
    random: Random,
    mine: Vec<Known>,
    ledger: Ledger,
}

impl Worker {
    pub fn new(config: Config, name: String, random: Random) -> Worker {
        Worker { config, name, random, mine: Vec::new(), ledger: Ledger::default() }
    }

    pub fn work(mut self, calls: usize) -> Ledger {
        for call in 0..calls {
            let what = self.random.below(11);
            let pick = self.random.below(self.mine.len().max(1) as u64) as usize;
            let (what, said) = match what {
                0..3 => ("create", self.create(call)),
                3 => ("list", self.list()),
                4 => ("query", self.query()),
                _ if self.mine.is_empty() => continue,
                5..7 => ("update", self.update(pick, call)),
                7 => ("delete", self.delete(pick)),
                _ => ("get", self.get(pick)),
            };
            *self.ledger.counts.entry(format!("{what} {said:?}")).or_default() += 1;
        }
        self.ledger
    }

    fn create(&mut self, call: usize) -> Said {
        let name = format!("segment {}-{call}", self.name);
        let result = timed(|| segments::create(&self.config, &NewSegment::new(&name)));
        let said = said(&result);
        let id = result.ok().map(|segment| {
            assert_eq!(segment.display_name, name, "the answer is another's");
            self.mine.push(Known { id: segment.id.clone(), version: segment.version });
            segment.id
        });
        self.ledger.creates.push((name, said, id));
        said
    }

    fn update(&mut self, pick: usize, call: usize) -> Said {
        let Known { id, version } = &mut self.mine[pick];
        let description = format!("{}-{call}", self.name).into();
        let update = SegmentUpdate { version: Some(*version), description, ..SegmentUpdate::default() };
        let result = timed(|| segments::update(&self.config, id, &update));
        let said = said(&result);
        self.ledger.updates.entry(id.clone()).or_default().push(said);
        match result {
            Ok(segment) => {
                assert_eq!((&segment.id, segment.version), (&*id, *version + 1), "the answer is another's");
                *version = segment.version;
            }
            // Whose update is unknown does not know the version: it is read again.
            Err(error) if error.outcome_unknown() => match timed(|| segments::get(&self.config, id)) {
                Ok(segment) => {
                    assert!(segment.version == *version || segment.version == *version + 1);
                    *version = segment.version;
                }
                Err(_) => drop(self.mine.remove(pick)),
            },
            Err(error) => assert!(!error.is_version_conflict() && !error.is_not_found(), "{error}"),
        }
        said
    }

    fn delete(&mut self, pick: usize) -> Said {
        let Known { id, .. } = self.mine.remove(pick);
        let result = timed(|| segments::delete(&self.config, &id));
        if let Err(error) = &result {
            assert!(!error.is_not_found(), "it is there: {error}");
        }
        self.ledger.deletes.insert(id, said(&result));
        said(&result)
    }

    fn get(&mut self, pick: usize) -> Said {
        let Known { id, version } = &self.mine[pick];
        let result = timed(|| segments::get(&self.config, id));
        match &result {
            Ok(segment) => assert_eq!((&segment.id, segment.version), (id, *version), "the answer is another's"),
            Err(error) => assert!(!error.is_not_found() && !error.outcome_unknown(), "{error}"),
        }
        said(&result)
    }

    fn list(&mut self) -> Said {
        let result = timed(|| segments::list(&self.config, &ListSegments::default()));
        assert!(result.as_ref().map_or(0, |page| page.entities.len()) <= 25);
        said(&result)
    }

    fn query(&mut self) -> Said {
        // The stand-in counts what happened in each hour.
        let query = AggregateQuery::new(Interval::last_hours(1).unwrap(), [Metric::NJourneySessions]);
        let result = timed(|| analytics::query_aggregates(&self.config, &query));
        assert_eq!(result.as_ref().map_or(1, |answer| answer.results.len()), 1);
        said(&result)
    }
}

fn timed<T>(call: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    let (result, _) = in_time(DEADLINE, call);
    assert!(result.as_ref().err().is_none_or(|error| error.kind() != ErrorKind::Input));
    result
}
