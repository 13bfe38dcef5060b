//! The current token of a `Config`, and the outcome of the last renewal.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::bearer;
use super::grant::Grant;
use super::oauth::Fetched;
use crate::call::{Authorization, Renewal};
use crate::error::{Error, ErrorKind};
use crate::http::SecretHeader;

#[derive(Default)]
pub(super) struct State {
    pub token: Option<Token>,
    /// The current refresh token. It is taken out before it is sent, so that it is not sent again after a lost
    /// response.
    pub refresh_token: Option<String>,
    /// Whether a refresh token was sent without a response, so that it may be used up.
    pub refresh_token_lost: bool,
    pub renewing: bool,
    /// The number of renewals that have ended.
    pub renewals: u64,
    /// The error of the last renewal and its deadline, for the threads that waited for it.
    pub failed: Option<(Error, Instant)>,
    /// Refresh tokens for the callback, oldest first.
    pub pending_callbacks: VecDeque<String>,
    pub in_callback: bool,
}

pub(super) struct Token {
    pub header: SecretHeader,
    pub id: u64,
    pub renew_at: Option<Instant>,
    pub expires_at: Option<Instant>,
}

impl State {
    pub fn renewal(&self, grant: &Grant) -> Renewal {
        if grant.is_client_credentials() || self.refresh_token.is_some() || self.renewing {
            return Renewal::Possible;
        }
        if self.refresh_token_lost { Renewal::RefreshTokenLost } else { Renewal::Impossible }
    }

    /// Keeps the error of a renewal for the threads that wait for it.
    pub fn fail(&mut self, error: &Error, deadline: Instant, refresh_token: Option<String>) {
        self.failed = Some((error.duplicate(), deadline));
        // If the outcome is unknown, the token may be used up. Sending it again could look like the use of a stolen
        // token.
        if !error.outcome_unknown() {
            self.refresh_token = refresh_token;
            self.refresh_token_lost = false;
        }
    }

    /// Stores a new token as the current one. If the response has no new refresh token, the sent one stays valid.
    pub fn accept(&mut self, fetched: &Fetched, sent: Option<&String>, has_callback: bool) -> Authorization {
        let now = Instant::now();
        let renew_at = fetched.lifetime.and_then(|lifetime| now.checked_add(time_to_renewal(lifetime)));
        let expires_at = fetched.lifetime.and_then(|lifetime| now.checked_add(lifetime));
        // `read_token` and `Cache::load` have checked that the token can be sent.
        let header = bearer(&fetched.access_token);
        let id = self.token.as_ref().map_or(1, |token| token.id + 1);
        self.token = header.clone().map(|header| Token { header, id, renew_at, expires_at });
        self.refresh_token = fetched.refresh_token.as_ref().or(sent).cloned();
        self.refresh_token_lost = false;
        if has_callback {
            self.pending_callbacks.extend(fetched.refresh_token.clone());
        }
        Authorization { header, id, renewal: Renewal::Possible }
    }

    /// Postpones the renewal of a token that is still valid after a failed renewal. Returns the time that is left of it.
    /// Half of that time is left for the next renewals.
    pub fn postpone_renewal(&mut self, refused: Option<u64>) -> Option<Duration> {
        let token = self.token.as_mut().filter(|token| refused != Some(token.id))?;
        let now = Instant::now();
        let left = token.expires_at?.checked_duration_since(now).filter(|left| !left.is_zero())?;
        token.renew_at = Some(now + left / 2);
        Some(left)
    }

    /// Returns the error of a token that cannot be renewed any more. Only a panic leaves neither a refresh token nor an
    /// error.
    pub fn explain_end(&self) -> Error {
        match &self.failed {
            Some((error, _)) => error.duplicate(),
            None => Error::new(ErrorKind::Auth, Renewal::RefreshTokenLost.explain()),
        }
    }
}

/// Returns the age at which a token is renewed: a slow call before it expires, or a tenth of a short lifetime before.
fn time_to_renewal(lifetime: Duration) -> Duration {
    const MARGIN: Duration = Duration::from_secs(60);
    lifetime - MARGIN.min(lifetime / 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_renewed_a_minute_before_it_expires() {
        for (lifetime, renewal) in [(86_400, 86_340), (3_600, 3_540), (601, 541), (600, 540), (100, 90), (10, 9)] {
            assert_eq!(time_to_renewal(Duration::from_secs(lifetime)), Duration::from_secs(renewal), "{lifetime}");
        }
        assert_eq!(time_to_renewal(Duration::from_nanos(1)), Duration::from_nanos(1));
    }
}
