//! The clock, and the behaviour of the service where it is known to vary.

use std::time::{Duration, SystemTime};

use crate::StandIn;

/// The clock: dates, token lifetimes, rate limits, lag and the age of jobs follow it.
impl StandIn {
    /// Returns the time of the organisation. It starts at 2026-05-04T08:15:30.123Z and runs.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    ///
    /// let service = genesys_stand_in::StandIn::start();
    /// assert!(service.now() >= SystemTime::UNIX_EPOCH + Duration::from_secs(1_777_882_530));
    /// ```
    pub fn now(&self) -> SystemTime {
        self.lock().clock.now()
    }

    /// Sets the time. Range: the years 1970 to 9999.
    ///
    /// ```
    /// use std::time::SystemTime;
    ///
    /// let service = genesys_stand_in::StandIn::start();
    /// service.set_time(SystemTime::now());
    /// ```
    pub fn set_time(&self, time: SystemTime) {
        self.lock().clock.set(time);
    }

    /// Moves the time forward.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let service = genesys_stand_in::StandIn::start();
    /// let before = service.now();
    /// service.advance_time(Duration::from_secs(3_600));
    /// assert!(service.now() >= before + Duration::from_secs(3_600));
    /// ```
    pub fn advance_time(&self, by: Duration) {
        self.lock().clock.advance(by);
    }

    /// Stops the clock: from now on it only moves when it is set or advanced, and by 1 ms between two writes.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    ///
    /// let service = genesys_stand_in::StandIn::start();
    /// service.stop_clock();
    /// service.set_time(SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000));
    /// let id = service.add_segment(serde_json::json!({ "displayName": "VIP" }));
    /// assert_eq!(service.segment(&id).unwrap()["createdDate"], "2027-01-15T08:00:00.000Z");
    /// ```
    pub fn stop_clock(&self) {
        self.lock().clock.stop();
    }
}

/// Behaviours of the service that vary.
impl StandIn {
    /// Refuses to create an entity with the name of another: status 409.
    ///
    /// ```
    /// use serde_json::json;
    ///
    /// let service = genesys_stand_in::StandIn::start();
    /// service.refuse_duplicate_names();
    /// let status = || service.call("POST", "/api/v2/journey/segments", json!({ "displayName": "VIP" })).status;
    /// assert_eq!([status(), status()], [200, 409]);
    /// ```
    pub fn refuse_duplicate_names(&self) {
        self.lock().store.unique_names = true;
    }

    /// Sets the status of version conflicts. Default: 409; some services use 400.
    ///
    /// ```
    /// use serde_json::json;
    ///
    /// let service = genesys_stand_in::StandIn::start();
    /// let id = service.add_segment(json!({ "displayName": "VIP" }));
    /// service.version_conflict_status(400);
    /// let stale = service.call("PATCH", &format!("/api/v2/journey/segments/{id}"), json!({ "version": 7 }));
    /// assert_eq!(stale.status, 400);
    /// ```
    pub fn version_conflict_status(&self, status: u16) {
        self.lock().store.conflict_status = status;
    }

    /// Makes the used authorization code valid again.
    ///
    /// ```
    /// let service = genesys_stand_in::StandIn::start();
    /// service.renew_code();
    /// ```
    pub fn renew_code(&self) {
        self.lock().tokens.code_used = false;
    }

    /// Sets the number of polls before a job ends. Default: 2.
    ///
    /// ```
    /// let service = genesys_stand_in::StandIn::start();
    /// service.job_polls(0);
    /// ```
    pub fn job_polls(&self, polls: usize) {
        let mut lock = self.lock();
        lock.jobs.polls = polls;
        lock.estimates.polls = polls;
        lock.views.jobs.polls = polls;
    }

    /// Sets the state in which jobs end, and their error message. Default: `FULFILLED` and none; jobs of views end as
    /// `Complete`.
    ///
    /// ```
    /// let service = genesys_stand_in::StandIn::start();
    /// service.job_end("FAILED", "Query too large");
    /// ```
    pub fn job_end(&self, state: &str, message: &str) {
        let mut lock = self.lock();
        state.clone_into(&mut lock.job_end.state);
        message.clone_into(&mut lock.job_end.message);
    }
}
