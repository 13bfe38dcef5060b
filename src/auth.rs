//! Signing in, and renewing the token.
//!
//! Pass a [`Grant`] to [`ConfigBuilder::sign_in`](crate::ConfigBuilder::sign_in). It requests the first token
//! at once. The crate then renews the token shortly before it expires, and once if the service refuses it. If that
//! renewal fails for a transient reason, the token is used until it expires, with a warning in the log.
//!
//! ```no_run
//! use genesys_journey::{Config, Region};
//! use genesys_journey::auth::Grant;
//!
//! let grant = Grant::client_credentials("client id", "client secret");
//! let config = Config::builder(Region::EU_WEST_1).token_cache("token.json").sign_in(grant)?;
//! # Ok::<(), genesys_journey::Error>(())
//! ```
//!
//! # A person
//!
//! A person signs in at the page of [`AuthorizeUrl`]. The page redirects the browser to the redirect URI of the client,
//! with `code` and `state` in the query. The code gives a token and, with most clients, a refresh token. Store each new
//! refresh token, so that the next start needs no person:
//!
//! ```no_run
//! use genesys_journey::auth::{AuthorizeUrl, Grant};
//! use genesys_journey::{Config, Region};
//!
//! // Step 1: open this page in a browser.
//! let mut page = AuthorizeUrl::new("id", "http://localhost:8080/");
//! page.state = Some("hard to guess".into());
//! println!("{}", page.url(&Region::EU_WEST_1)?);
//!
//! // Step 2: sign in with the code, and store each new refresh token.
//! let store = |token: &str| std::fs::write("refresh-token", token).expect("the file can be written");
//! let grant = Grant::authorization_code("id", "secret", "http://localhost:8080/", "the code");
//! let config = Config::builder(Region::EU_WEST_1).on_refresh_token(store).sign_in(grant)?;
//!
//! // Step 3: at the next start, sign in with the stored refresh token.
//! let grant = Grant::refresh_token("id", "secret", std::fs::read_to_string("refresh-token").unwrap());
//! let config = Config::builder(Region::EU_WEST_1).on_refresh_token(store).sign_in(grant)?;
//! # Ok::<(), genesys_journey::Error>(())
//! ```
//!
//! A client without a secret uses PKCE: set [`AuthorizeUrl::code_challenge`], and sign in with
//! [`Grant::authorization_code_pkce`]. A person who signed in at the company's identity provider has a SAML response:
//! pass it, as base64, to [`Grant::saml2_bearer`].
//!
//! The example `sign_in` in the repository does these steps on the terminal: `cargo run --example sign_in`.

mod cache;
mod grant;
mod oauth;
mod state;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::call::{Authorization, Call, CallKind, Client, LOG_TARGET, Renewal};
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind, Result};
use crate::http::{Base, Cause, SecretHeader, TransportError};
use oauth::Fetched;
use state::{State, Token};

pub(crate) use cache::Cache;
pub use grant::{AuthorizeUrl, Grant};

/// A callback that receives each new refresh token.
pub(crate) type OnRefreshToken = Arc<dyn Fn(&str) + Send + Sync>;

/// The credentials of a `Config` and its current token.
pub(crate) struct Auth {
    source: Source,
    state: Mutex<State>,
    /// Signalled when a renewal ends, whether it succeeded or not.
    renewed: Condvar,
}

enum Source {
    Anonymous,
    /// An access token that the program provided.
    Fixed,
    SignIn(Box<SignIn>),
}

struct SignIn {
    login: Base,
    grant: Grant,
    cache: Option<Cache>,
    on_refresh_token: Option<OnRefreshToken>,
}

impl Auth {
    pub fn anonymous() -> Auth {
        Auth::new(Source::Anonymous, State::default())
    }

    pub fn fixed(token: &str) -> Result<Auth> {
        let header = bearer(token).ok_or_else(|| {
            Error::input("token", "must be a non-empty text of printable ASCII characters without spaces")
        })?;
        let token = Token { header, id: 0, renew_at: None, expires_at: None };
        Ok(Auth::new(Source::Fixed, State { token: Some(token), ..State::default() }))
    }

    pub fn grant(login: Base, grant: Grant, cache: Option<Cache>, on_refresh_token: Option<OnRefreshToken>) -> Auth {
        let refresh_token = grant.first_refresh_token().map(str::to_owned);
        let mut state = State { refresh_token, ..State::default() };
        if let Some(cached) = cache.as_ref().and_then(Cache::load) {
            state.accept(&cached, None, false);
        }
        Auth::new(Source::SignIn(Box::new(SignIn { login, grant, cache, on_refresh_token })), state)
    }

    pub fn signs_in(&self) -> bool {
        matches!(self.source, Source::SignIn(_))
    }

    fn new(source: Source, state: State) -> Auth {
        Auth { source, state: Mutex::new(state), renewed: Condvar::new() }
    }

    /// Returns a valid token. `refused` is the id of a token that the service refused: it is not returned again. One
    /// thread renews the token while the others wait, each until its own deadline.
    pub fn authorization(&self, client: &Client, refused: Option<u64>, deadline: Deadline) -> Result<Authorization> {
        let mut state = self.lock();
        loop {
            if let Some(authorization) = self.valid(&state, refused) {
                return Ok(authorization);
            }
            if !state.renewing {
                return self.renew(state, client, refused, deadline);
            }
            let renewal = state.renewals;
            while state.renewing && state.renewals == renewal {
                let left = deadline.left();
                if left.is_zero() {
                    let words = deadline.words();
                    let what = format!("not sent: another call is still renewing the token, and {words} has passed");
                    let mut error = Error::new(ErrorKind::Timeout, what);
                    error.inner_mut().during_sign_in = true;
                    return Err(error);
                }
                state = self.renewed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
            }
            if let (Some((error, had)), None) = (&state.failed, self.valid(&state, refused)) {
                // Another call had too little time for the renewal. This call may have enough.
                let too_late = error.retry_after().is_some_and(|wait| wait > deadline.left());
                if too_late || !ran_out_of_time(error, client) || deadline.at <= *had {
                    return Err(error.duplicate());
                }
            }
        }
    }

    fn valid(&self, state: &State, refused: Option<u64>) -> Option<Authorization> {
        let token = state.token.as_ref()?;
        let renewal = match &self.source {
            Source::Anonymous | Source::Fixed => Renewal::Impossible,
            Source::SignIn(sign_in) => state.renewal(&sign_in.grant),
        };
        // A token that cannot be renewed is used until the service refuses it.
        let expiring = renewal == Renewal::Possible && token.renew_at.is_some_and(|at| at <= Instant::now());
        if refused == Some(token.id) || expiring {
            return None;
        }
        Some(Authorization { header: Some(token.header.clone()), id: token.id, renewal })
    }

    fn renew(
        &self,
        mut state: MutexGuard<'_, State>,
        client: &Client,
        refused: Option<u64>,
        deadline: Deadline,
    ) -> Result<Authorization> {
        let SignIn { login, grant, cache, on_refresh_token } = match &self.source {
            Source::Anonymous => {
                let problem = "is needed for this call, and the configuration is anonymous";
                return Err(Error::input("token", format_args!("{problem}; build it with token or sign_in")));
            }
            Source::Fixed => {
                return Err(Error::new(ErrorKind::Auth, "the token was given by the program and cannot be renewed"));
            }
            Source::SignIn(sign_in) => &**sign_in,
        };
        let Some(form) = grant.form(state.refresh_token.as_deref(), state.renewals == 0) else {
            return Err(state.explain_end());
        };
        let refused_token = state.token.as_ref().filter(|_| refused.is_some()).map(|token| token.header.clone());
        state.renewing = true;
        state.failed = None;
        let refresh_token = state.refresh_token.take();
        state.refresh_token_lost = refresh_token.is_some();
        // The lock is not held during I/O.
        drop(state);
        let renewing = Renewing { auth: self };
        if let (Some(token), Some(cache)) = (refused_token, cache) {
            cache.forget(token.secret());
        }
        let mut accepted = None;
        let mut accept = |fetched: Fetched| {
            // Before anything is logged: a panic in a logger must not lose a refresh token.
            let authorization = self.lock().accept(&fetched, refresh_token.as_ref(), on_refresh_token.is_some());
            accepted = Some((authorization, fetched));
        };
        // The cache and the callback run even if a logger panics. The panic continues after them.
        let requested = catch_unwind(AssertUnwindSafe(|| {
            request_token(client, login, grant, refresh_token.as_deref(), &form, deadline, &mut accept)
        }));
        let mut still_valid = None;
        if let Ok(Err(error)) = &requested {
            still_valid = self.fail(error, refused, deadline, refresh_token);
        }
        // The others can use the token before it is on the disk.
        drop(renewing);
        if let (Some((_, fetched)), Some(cache)) = (&accepted, cache) {
            cache.store(fetched);
        }
        if let Some(callback) = on_refresh_token {
            self.run_callbacks(callback);
        }
        if let (Some((authorization, left)), Ok(Err(error))) = (still_valid, &requested) {
            let for_now = format!("the current one is used, which is valid for {left:.0?}");
            log::warn!(target: LOG_TARGET, "the token could not be renewed; {for_now}: {error}");
            return Ok(authorization);
        }
        let (authorization, _) = requested
            .unwrap_or_else(|panic| resume_unwind(panic))
            .and(accepted.ok_or_else(|| Error::new(ErrorKind::Auth, "there is no token response")))?;
        Ok(authorization)
    }

    /// Keeps the error of a renewal. If the failure is transient and the token is still valid, postpones the renewal, and
    /// returns the token with the time that is left of it.
    fn fail(
        &self,
        error: &Error,
        refused: Option<u64>,
        deadline: Deadline,
        refresh_token: Option<String>,
    ) -> Option<(Authorization, Duration)> {
        let mut state = self.lock();
        state.fail(error, deadline.at, refresh_token);
        if !error.is_transient() || deadline.left().is_zero() {
            return None;
        }
        let left = state.postpone_renewal(refused)?;
        Some((self.valid(&state, refused)?, left))
    }

    /// Runs the callback for the pending refresh tokens, one at a time and in order: the newest comes last. The
    /// callback may make calls, so it runs without a lock.
    fn run_callbacks(&self, callback: &OnRefreshToken) {
        struct InCallback<'a>(&'a Auth);
        impl Drop for InCallback<'_> {
            fn drop(&mut self) {
                self.0.lock().in_callback = false;
            }
        }
        loop {
            let mut state = self.lock();
            if state.in_callback {
                return;
            }
            let Some(token) = state.pending_callbacks.pop_front() else { return };
            state.in_callback = true;
            drop(state);
            let _in_callback = InCallback(self);
            callback(&token);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A renewal in progress. Its end wakes the waiting threads, also after a panic (in a logger, for example).
struct Renewing<'a> {
    auth: &'a Auth,
}

impl Drop for Renewing<'_> {
    fn drop(&mut self) {
        let mut state = self.auth.lock();
        state.renewing = false;
        state.renewals += 1;
        drop(state);
        self.auth.renewed.notify_all();
    }
}

/// Returns whether a renewal failed only because its call had too little time for all attempts. A status 500 is
/// not retried.
fn ran_out_of_time(error: &Error, client: &Client) -> bool {
    error.is_transient() && error.status() != Some(500) && error.attempts() < client.policy.max_attempts
}

/// Requests a token, and passes it to `accept`.
fn request_token(
    client: &Client,
    login: &Base,
    grant: &Grant,
    refresh_token: Option<&str>,
    form: &str,
    deadline: Deadline,
    accept: &mut dyn FnMut(Fetched),
) -> Result<()> {
    let call = Call {
        shown: None,
        client,
        kind: CallKind::SignIn { read_error: oauth::read_error },
        base: login,
        method: "POST",
        target: "/oauth/token",
        body: Some(("application/x-www-form-urlencoded", form.as_bytes())),
        idempotency: grant.idempotency(),
        stream: false,
        deadline,
        secrets: grant.secrets().chain(refresh_token).collect(),
    };
    let basic = Authorization { header: grant.basic(), ..Authorization::default() };
    call.run(&mut |_| Ok(basic.clone()), &mut |response| {
        let bytes = response.body.read_all()?;
        let token = oauth::read_token(&bytes)
            .map_err(|what| TransportError { body: bytes, ..TransportError::new(true, Cause::Decode, what) })?;
        accept(token);
        Ok(())
    })
}

fn bearer(token: &str) -> Option<SecretHeader> {
    // A longer token does not fit into the output buffer of a connection.
    const MAX_LENGTH: usize = 14_000;
    let usable = (1..=MAX_LENGTH).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic());
    usable.then(|| SecretHeader::new(&format!("Bearer {token}"))).flatten()
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Source::Anonymous => f.write_str("anonymous"),
            Source::Fixed => f.write_str("token"),
            Source::SignIn(sign_in) => sign_in.grant.fmt(f),
        }
    }
}
