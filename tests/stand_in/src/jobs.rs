//! Jobs: work that one request starts and later requests poll.
//!
//! Invariant: the number of jobs is bounded, and so is their age.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

use crate::faults::FaultState;

const MAX_JOBS: usize = 200;
const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// The jobs of one family. `W` is the work, from which the results are computed whenever they are read.
pub(crate) struct Jobs<W> {
    jobs: VecDeque<Job<W>>,
    submitted: u64,
    /// The number of times that a job reports that it has not ended.
    pub polls: usize,
}

pub(crate) struct Job<W> {
    pub id: String,
    pub submitted: SystemTime,
    pub work: W,
    polls_left: usize,
    cancelled: bool,
    /// The number of reads that do not see the job yet.
    hidden_reads: usize,
    hidden_until: SystemTime,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JobState {
    Queued,
    Running,
    Ended,
    Cancelled,
}

impl<W> Default for Jobs<W> {
    fn default() -> Jobs<W> {
        Jobs { jobs: VecDeque::new(), submitted: 0, polls: 2 }
    }
}

impl<W> Jobs<W> {
    /// Adds a job and returns its id.
    pub fn submit(&mut self, work: W, now: SystemTime) -> String {
        self.forget_old(now);
        if self.jobs.len() >= MAX_JOBS {
            self.jobs.pop_front();
        }
        self.submitted += 1;
        let id = format!("job-{}", self.submitted);
        self.jobs.push_back(Job {
            id: id.clone(),
            submitted: now,
            work,
            polls_left: self.polls,
            cancelled: false,
            hidden_reads: 0,
            hidden_until: now,
        });
        id
    }

    /// Hides the last job from the next reads, if reads lag behind writes.
    pub fn hide_last(&mut self, faults: &FaultState, now: SystemTime) {
        if let Some(job) = self.jobs.back_mut() {
            job.hidden_reads = faults.lag_reads;
            job.hidden_until = now.checked_add(faults.lag_time).unwrap_or(now);
        }
    }

    pub fn find(&mut self, id: &str, now: SystemTime) -> Option<&mut Job<W>> {
        self.forget_old(now);
        let job = self.jobs.iter_mut().find(|job| job.id == id)?;
        if job.hidden_reads > 0 {
            job.hidden_reads -= 1;
            return None;
        }
        Some(job).filter(|job| job.hidden_until <= now)
    }

    pub fn all(&self) -> impl Iterator<Item = &Job<W>> {
        self.jobs.iter()
    }

    fn forget_old(&mut self, now: SystemTime) {
        self.jobs.retain(|job| now.duration_since(job.submitted).unwrap_or_default() < LIFETIME);
    }
}

impl<W> Job<W> {
    /// Returns the state and brings the job nearer to its end.
    pub fn poll(&mut self) -> JobState {
        let state = self.state();
        self.polls_left = self.polls_left.saturating_sub(1);
        match state {
            JobState::Running if self.polls_left > 0 => JobState::Queued,
            state => state,
        }
    }

    pub fn state(&self) -> JobState {
        match self.polls_left {
            _ if self.cancelled => JobState::Cancelled,
            0 => JobState::Ended,
            _ => JobState::Running,
        }
    }

    pub fn cancel(&mut self) {
        self.cancelled = true;
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn a_job_is_queued_then_runs_then_ends() {
        let mut jobs = Jobs { polls: 3, ..Jobs::default() };
        let id = jobs.submit((), UNIX_EPOCH);
        let job = jobs.find(&id, UNIX_EPOCH).unwrap();
        let states: Vec<JobState> = (0..5).map(|_| job.poll()).collect();
        assert_eq!(states, [JobState::Queued, JobState::Queued, JobState::Running, JobState::Ended, JobState::Ended]);
        job.cancel();
        assert_eq!(job.poll(), JobState::Cancelled);
    }

    #[test]
    fn jobs_expire_after_a_day() {
        let mut jobs = Jobs::default();
        let id = jobs.submit((), UNIX_EPOCH);
        assert!(jobs.find(&id, UNIX_EPOCH + LIFETIME - Duration::from_secs(1)).is_some());
        assert!(jobs.find(&id, UNIX_EPOCH + LIFETIME).is_none());
    }

    #[test]
    fn the_oldest_of_too_many_jobs_is_dropped() {
        let mut jobs = Jobs::default();
        let ids: Vec<String> = (0..=MAX_JOBS).map(|_| jobs.submit((), UNIX_EPOCH)).collect();
        assert!(jobs.find(&ids[0], UNIX_EPOCH).is_none());
        assert!(jobs.find(&ids[1], UNIX_EPOCH).is_some());
        assert_eq!(jobs.jobs.len(), MAX_JOBS);
    }
}
