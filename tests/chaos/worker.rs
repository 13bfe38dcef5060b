//! One of many threads that make calls, and the ledger of their results.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use genesys_journey::analytics::{self, AggregateQuery, Interval, Metric};
use genesys_journey::segments::{self, ListSegments, NewSegment, SegmentUpdate};
use genesys_journey::views::jobs::{self, JobOptions};
use genesys_journey::views::{self, Element, NewView};
use genesys_journey::{Config, Error, ErrorKind};

use super::Random;
use genesys_listener::calls::in_time;

pub const DEADLINE: Duration = Duration::from_millis(1500);

/// The outcome of a call according to its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done,
    NotDone,
    Unknown,
}

fn outcome<T>(result: &Result<T, Error>) -> Outcome {
    match result {
        Ok(_) => Outcome::Done,
        Err(error) if error.outcome_unknown() => Outcome::Unknown,
        Err(_) => Outcome::NotDone,
    }
}

#[derive(Default)]
pub struct Ledger {
    pub creates: Vec<(String, Outcome, Option<String>)>,
    /// Updates and deletes by id. Only the thread that created a segment changes it.
    pub updates: HashMap<String, Vec<Outcome>>,
    pub deletes: HashMap<String, Outcome>,
    /// The jobs by the id of their view. Only the thread that created a view runs it.
    pub runs: HashMap<String, Vec<Outcome>>,
    /// The number of calls by kind and outcome.
    pub counts: BTreeMap<String, u32>,
}

/// A segment that exists, with its last known version.
struct Known {
    id: String,
    version: i64,
}

pub struct Worker {
    config: Config,
    name: String,
    random: Random,
    own: Vec<Known>,
    /// The views that exist.
    views: Vec<views::View>,
    ledger: Ledger,
}

impl Worker {
    pub fn new(config: Config, name: String, random: Random) -> Worker {
        Worker { config, name, random, own: Vec::new(), views: Vec::new(), ledger: Ledger::default() }
    }

    pub fn work(mut self, calls: usize) -> Ledger {
        for call in 0..calls {
            let what = self.random.below(13);
            let pick = self.random.below(self.own.len().max(1) as u64) as usize;
            let (what, outcome) = match what {
                0..3 => ("create", self.create(call)),
                3 => ("list", self.list()),
                4 => ("query", self.query()),
                11 => ("view", self.create_view(call)),
                12 if !self.views.is_empty() => ("run", self.run_view()),
                _ if self.own.is_empty() => continue,
                5..7 => ("update", self.update(pick, call)),
                7 => ("delete", self.delete(pick)),
                _ => ("get", self.get(pick)),
            };
            *self.ledger.counts.entry(format!("{what} {outcome:?}")).or_default() += 1;
        }
        self.ledger
    }

    fn create(&mut self, call: usize) -> Outcome {
        let name = format!("segment {}-{call}", self.name);
        let result = timed(|| segments::create(&self.config, &NewSegment::new(&name)));
        let outcome = outcome(&result);
        let id = result.ok().map(|segment| {
            assert_eq!(segment.display_name, name, "the response belongs to another request");
            self.own.push(Known { id: segment.id.clone(), version: segment.version });
            segment.id
        });
        self.ledger.creates.push((name, outcome, id));
        outcome
    }

    fn create_view(&mut self, call: usize) -> Outcome {
        let name = format!("view {}-{call}", self.name);
        // The id of the element follows from the name.
        let view = NewView { duration: Some("P30D".into()), ..NewView::new(&name, [Element::event(&name, "event")]) };
        let result = timed(|| views::create(&self.config, &view));
        let outcome = outcome(&result);
        let id = result.ok().map(|view| {
            assert_eq!(view.name.as_ref(), Some(&name), "the response belongs to another request");
            self.views.push(view.clone());
            view.id
        });
        self.ledger.creates.push((name, outcome, id));
        outcome
    }

    /// Runs a job of a view. A job that is given up is cancelled by a further call.
    fn run_view(&mut self) -> Outcome {
        let view = &self.views[self.random.below(self.views.len() as u64) as usize];
        let options = JobOptions { timeout: DEADLINE, ..JobOptions::default() };
        let (result, _) = in_time(DEADLINE * 2, || jobs::run(&self.config, &view.id, 1, options));
        match &result {
            Ok(result) => assert_eq!(
                result.elements.iter().map(|element| element.id.as_ref()).collect::<Vec<_>>(),
                [Some(&view.elements[0].id)],
                "the response belongs to another request"
            ),
            Err(error) => assert!(error.kind() != ErrorKind::Input && !error.is_not_found(), "{error}"),
        }
        self.ledger.runs.entry(view.id.clone()).or_default().push(outcome(&result));
        outcome(&result)
    }

    fn update(&mut self, pick: usize, call: usize) -> Outcome {
        let Known { id, version } = &mut self.own[pick];
        let description = format!("{}-{call}", self.name).into();
        let update = SegmentUpdate { version: Some(*version), description, ..SegmentUpdate::default() };
        let result = timed(|| segments::update(&self.config, id, &update));
        let outcome = outcome(&result);
        self.ledger.updates.entry(id.clone()).or_default().push(outcome);
        match result {
            Ok(segment) => {
                assert_eq!(
                    (&segment.id, segment.version),
                    (&*id, *version + 1),
                    "the response belongs to another request"
                );
                *version = segment.version;
            }
            // After an unknown update the version is unknown, too.
            Err(error) if error.outcome_unknown() => match timed(|| segments::get(&self.config, id)) {
                Ok(segment) => {
                    assert!(segment.version == *version || segment.version == *version + 1);
                    *version = segment.version;
                }
                Err(_) => drop(self.own.remove(pick)),
            },
            Err(error) => assert!(!error.is_version_conflict() && !error.is_not_found(), "{error}"),
        }
        outcome
    }

    fn delete(&mut self, pick: usize) -> Outcome {
        let Known { id, .. } = self.own.remove(pick);
        let result = timed(|| segments::delete(&self.config, &id));
        if let Err(error) = &result {
            assert!(!error.is_not_found(), "the segment exists: {error}");
        }
        self.ledger.deletes.insert(id, outcome(&result));
        outcome(&result)
    }

    fn get(&mut self, pick: usize) -> Outcome {
        let Known { id, version } = &self.own[pick];
        let result = timed(|| segments::get(&self.config, id));
        match &result {
            Ok(segment) => {
                assert_eq!((&segment.id, segment.version), (id, *version), "the response belongs to another request")
            }
            Err(error) => assert!(!error.is_not_found() && !error.outcome_unknown(), "{error}"),
        }
        outcome(&result)
    }

    fn list(&mut self) -> Outcome {
        let result = timed(|| segments::list(&self.config, &ListSegments::default()));
        assert!(result.as_ref().map_or(0, |page| page.entities.len()) <= 25);
        outcome(&result)
    }

    fn query(&mut self) -> Outcome {
        // The stand-in has one container for each hour.
        let query = AggregateQuery::new(Interval::last_hours(1).unwrap(), [Metric::NJourneySessions]);
        let result = timed(|| analytics::query_aggregates(&self.config, &query));
        assert_eq!(result.as_ref().map_or(1, |response| response.results.len()), 1);
        outcome(&result)
    }
}

fn timed<T>(call: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    let (result, _) = in_time(DEADLINE, call);
    assert!(result.as_ref().err().is_none_or(|error| error.kind() != ErrorKind::Input));
    result
}
