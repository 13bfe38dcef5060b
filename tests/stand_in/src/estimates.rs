//! Estimates of action maps: jobs whose state is a bare text.

use serde_json::{Value, json};

use crate::jobs::{Job, JobState};
use crate::response::Response;

/// Returns the state of a job and brings it nearer to its end.
pub(crate) fn state(job: &mut Job<Value>) -> &'static str {
    match job.poll() {
        JobState::Queued => "Queued",
        JobState::Running => "Running",
        JobState::Ended => "Succeeded",
        JobState::Cancelled => "Cancelled",
    }
}

/// Returns the result of a job that has ended: 10 sessions for each segment.
pub(crate) fn result(job: &Job<Value>) -> Response {
    if job.state() != JobState::Ended {
        return Response::error(409, "job.not.fulfilled", "The estimate has no result");
    }
    let segments = job.work.get("segmentIds").and_then(Value::as_array);
    let counts: Vec<Value> = segments.into_iter().flatten().map(|id| json!({ "segmentId": id, "count": 10 })).collect();
    let result = json!({
        "qualifiedSessionCount": 10 * counts.len(), "totalSessionCount": 1000, "perSegmentCounts": counts,
    });
    Response::json(200, result)
}
