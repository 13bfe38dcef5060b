//! Aggregates as jobs.

use serde_json::{Value, json};

use super::{Response, Seen, aggregates, error, not_found};

pub struct Jobs {
    jobs: Vec<Job>,
    /// How often a job is asked for its state before it ends.
    pub polls: usize,
    /// The state in which jobs end, and the message.
    pub end: (String, String),
}

struct Job {
    id: String,
    results: Vec<Value>,
    page_size: usize,
    polls_left: usize,
    cancelled: bool,
}

impl Default for Jobs {
    fn default() -> Self {
        Jobs { jobs: Vec::new(), polls: 2, end: ("FULFILLED".to_owned(), String::new()) }
    }
}

impl Jobs {
    pub fn answer(&mut self, method: &str, rest: &[&str], seen: &Seen, segments: &[String]) -> Response {
        if let ("POST", ["jobs"]) = (method, rest) {
            let query = seen.body.clone().unwrap_or_default();
            return match aggregates::results(segments, &query) {
                Ok(results) => self.submit(results, &query),
                Err(refusal) => refusal,
            };
        }
        let ["jobs", id, rest @ ..] = rest else {
            return not_found("path", &seen.raw_path);
        };
        let Some(job) = self.jobs.iter_mut().find(|job| job.id == **id) else {
            return not_found("job", id);
        };
        match (method, rest) {
            ("GET", []) => job.status(&self.end),
            ("GET", ["results"]) => job.page(seen.query_one("cursor"), &self.end),
            ("DELETE", []) => {
                job.cancelled = true;
                Response { status: 204, ..Response::default() }
            }
            _ => not_found("path", &seen.raw_path),
        }
    }

    fn submit(&mut self, results: Vec<Value>, query: &Value) -> Response {
        let id = format!("job-{}", self.jobs.len() + 1);
        let page_size = query["pageSize"].as_u64().unwrap_or(1000) as usize;
        self.jobs.push(Job { id: id.clone(), results, page_size, polls_left: self.polls, cancelled: false });
        Response::json(202, &json!({ "jobId": id }))
    }
}

impl Job {
    fn status(&mut self, end: &(String, String)) -> Response {
        let submitted = "2026-05-04T08:15:30.123Z";
        if self.cancelled {
            return Response::json(200, &json!({ "state": "CANCELLED", "submissionDate": submitted }));
        }
        if self.polls_left > 0 {
            self.polls_left -= 1;
            let state = if self.polls_left > 0 { "QUEUED" } else { "PENDING" };
            return Response::json(200, &json!({ "state": state, "submissionDate": submitted }));
        }
        let mut status =
            json!({ "state": end.0, "submissionDate": submitted, "completionDate": "2026-05-04T08:16:00.000Z" });
        if !end.1.is_empty() {
            status["errorMessage"] = json!(end.1);
        }
        Response::json(200, &status)
    }

    fn page(&self, cursor: Option<&str>, end: &(String, String)) -> Response {
        if self.polls_left > 0 || self.cancelled || end.0 != "FULFILLED" {
            return error(409, "job.not.fulfilled", "The job has no results");
        }
        let from = match cursor.map(|cursor| cursor.strip_prefix("from-").and_then(|from| from.parse().ok())) {
            None => 0,
            Some(Some(from)) => from,
            Some(None) => return error(400, "bad.cursor", "No such cursor"),
        };
        let page: Vec<&Value> = self.results.iter().skip(from).take(self.page_size).collect();
        let next = from + page.len();
        let mut body = json!({ "results": page });
        if next < self.results.len() {
            body["cursor"] = json!(format!("from-{next}"));
        }
        Response::json(200, &body)
    }
}
