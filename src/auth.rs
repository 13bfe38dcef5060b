//! Signing in, and staying signed in.
//!
//! A [`Grant`] is what a program signs in with; [`Config::builder`](crate::Config::builder) takes one
//! in [`sign_in`](crate::ConfigBuilder::sign_in), asks for the first token at once, and renews it from
//! then on: shortly before it expires, and once when the service refuses it.

mod cache;
mod grant;

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::Value;

use crate::call::{Authorization, Call, Client, ErrorFormat, oauth_error};
use crate::error::{Error, ErrorKind, Result, ServiceError};
use crate::http::{Base, Cause, SecretHeader, TransportError};
use crate::retry::Idempotency;

pub(crate) use cache::Cache;
pub use grant::{AuthorizeUrl, Grant};

/// Told each new refresh token.
pub(crate) type OnRefreshToken = Arc<dyn Fn(&str) + Send + Sync>;

/// The token of a `Config`, and how to come by the next.
pub(crate) struct Auth {
    source: Source,
    state: Mutex<State>,
    /// Signalled when a renewal ends, well or not.
    renewed: Condvar,
}

enum Source {
    /// A token that the program already had.
    Fixed,
    Grant(Box<SignIn>),
}

/// What a token is asked for with.
struct SignIn {
    login: Base,
    grant: Grant,
    cache: Option<Cache>,
    on_refresh_token: Option<OnRefreshToken>,
}

#[derive(Default)]
struct State {
    token: Option<Token>,
    refresh_token: Option<String>,
    renewing: bool,
    /// Renewals that have ended; the error of the last of them, for those who waited for it, and until when it
    /// could have taken.
    rounds: u64,
    failed: Option<(Error, Instant)>,
    /// Refresh tokens that the program was not told yet, and whether it is being told one.
    pending_callbacks: VecDeque<String>,
    in_callback: bool,
}

struct Token {
    header: SecretHeader,
    id: u64,
    renew_at: Option<Instant>,
}

/// What the token endpoint answers.
#[derive(Deserialize)]
struct TokenReply {
    access_token: Option<String>,
    // Seconds; a number, and at times a text.
    #[serde(default)]
    expires_in: Value,
    refresh_token: Option<String>,
}

/// A token as the token endpoint or the cache file gave it.
struct Fetched {
    access_token: String,
    lifetime: Option<Duration>,
    refresh_token: Option<String>,
}

impl Auth {
    pub fn fixed(token: &str) -> Result<Auth> {
        let header = bearer(token).ok_or_else(|| {
            Error::input("token", "must be a non-empty text of printable ASCII characters without spaces")
        })?;
        let token = Token { header, id: 0, renew_at: None };
        Ok(Auth::new(Source::Fixed, State { token: Some(token), ..State::default() }))
    }

    pub fn grant(login: Base, grant: Grant, cache: Option<Cache>, on_refresh_token: Option<OnRefreshToken>) -> Auth {
        let refresh_token = grant.first_refresh_token().map(str::to_owned);
        let mut state = State { refresh_token, ..State::default() };
        if let Some(cached) = cache.as_ref().and_then(Cache::load) {
            state.accept(cached);
        }
        Auth::new(Source::Grant(Box::new(SignIn { login, grant, cache, on_refresh_token })), state)
    }

    fn new(source: Source, state: State) -> Auth {
        Auth { source, state: Mutex::new(state), renewed: Condvar::new() }
    }

    /// A token that is good as far as is known, and not the one with the id that was refused. One
    /// thread asks for a new one while the others wait, each until its own deadline.
    pub fn authorization(&self, client: &Client, refused: Option<u64>, deadline: Instant) -> Result<Authorization> {
        let mut state = self.lock();
        loop {
            if let Some(authorization) = self.valid(&state, refused) {
                return Ok(authorization);
            }
            if !state.renewing {
                return self.renew(state, client, refused, deadline);
            }
            let round = state.rounds;
            while state.renewing && state.rounds == round {
                let Some(left) = deadline.checked_duration_since(Instant::now()) else {
                    return Err(Error::new(ErrorKind::Timeout, "not sent: the token is still being renewed"));
                };
                state = self.renewed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
            }
            if let (Some((error, had)), None) = (&state.failed, self.valid(&state, refused)) {
                // For what that call had too little time for, this one may have enough.
                let was_refused = error.status().is_some_and(|status| status < 500);
                let ran_out_of_time = !was_refused && error.attempts() < client.policy.max_attempts;
                if !ran_out_of_time || deadline <= *had {
                    return Err(error.duplicate());
                }
            }
        }
    }

    fn valid(&self, state: &State, refused: Option<u64>) -> Option<Authorization> {
        let token = state.token.as_ref()?;
        let renewable = match &self.source {
            Source::Fixed => false,
            Source::Grant(sign_in) => sign_in.grant.can_renew(state.refresh_token.as_deref(), state.rounds == 0),
        };
        // One that cannot be renewed is used until it is refused.
        let expiring = renewable && token.renew_at.is_some_and(|at| at <= Instant::now());
        if refused == Some(token.id) || expiring {
            return None;
        }
        Some(Authorization { header: Some(token.header.clone()), id: token.id, renewable })
    }

    fn renew(
        &self,
        mut state: MutexGuard<'_, State>,
        client: &Client,
        refused: Option<u64>,
        deadline: Instant,
    ) -> Result<Authorization> {
        let Source::Grant(sign_in) = &self.source else {
            return Err(Error::new(ErrorKind::Auth, "the token cannot be renewed: it was given as it is"));
        };
        let SignIn { login, grant, cache, on_refresh_token } = &**sign_in;
        let Some(form) = grant.form(state.refresh_token.as_deref(), state.rounds == 0) else {
            let what = "the token has expired, and cannot be renewed: the sign-in gave no refresh token";
            return Err(Error::new(ErrorKind::Auth, what));
        };
        if let (Some(_), Some(token), Some(cache)) = (refused, &state.token, cache) {
            cache.forget(token.header.secret());
        }
        state.renewing = true;
        let spent = state.refresh_token.clone();
        drop(state);
        // No lock is held while the network is waited for.
        let fetched = fetch(client, login, grant, spent.as_deref(), &form, deadline);
        if let (Ok(fetched), Some(cache)) = (&fetched, cache) {
            cache.store(fetched);
        }
        let authorization = self.lock().end_renewal(fetched, deadline, on_refresh_token.is_some());
        self.renewed.notify_all();
        if let Some(tell) = on_refresh_token {
            self.tell_refresh_tokens(tell);
        }
        authorization
    }

    /// One at a time and in their order, whichever thread renewed, so that the newest is told last. No lock
    /// is held meanwhile: the program may make calls from there.
    fn tell_refresh_tokens(&self, tell: &OnRefreshToken) {
        struct Telling<'a>(&'a Auth);
        impl Drop for Telling<'_> {
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
            let _telling = Telling(self);
            tell(&token);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Lets those go on who waited for the renewal, with its token or with its error.
    fn end_renewal(&mut self, fetched: Result<Fetched>, deadline: Instant, to_tell: bool) -> Result<Authorization> {
        self.renewing = false;
        self.rounds += 1;
        self.failed = fetched.as_ref().err().map(|error| (error.duplicate(), deadline));
        let fetched = fetched?;
        if to_tell {
            self.pending_callbacks.extend(fetched.refresh_token.clone());
        }
        Ok(self.accept(fetched))
    }

    /// Takes a new token into use.
    fn accept(&mut self, fetched: Fetched) -> Authorization {
        // Early enough for the slowest of calls, and for short lifetimes a tenth of them.
        const EARLY: Duration = Duration::from_secs(60);
        let renew_at = fetched.lifetime.and_then(|life| Instant::now().checked_add(life - EARLY.min(life / 10)));
        // The text was checked when it was fetched.
        let header = bearer(&fetched.access_token);
        let id = self.token.as_ref().map_or(1, |token| token.id + 1);
        self.token = header.clone().map(|header| Token { header, id, renew_at });
        if fetched.refresh_token.is_some() {
            self.refresh_token = fetched.refresh_token;
        }
        Authorization { header, id, renewable: true }
    }
}

/// Asks the token endpoint.
fn fetch(
    client: &Client,
    login: &Base,
    grant: &Grant,
    refresh_token: Option<&str>,
    form: &str,
    deadline: Instant,
) -> Result<Fetched> {
    let call = Call {
        client,
        base: login,
        method: "POST",
        target: "/oauth/token",
        body: Some(("application/x-www-form-urlencoded", form.as_bytes())),
        idempotency: Idempotency::Safe,
        error_format: ErrorFormat::OAuth,
        stream: false,
        deadline,
        secrets: grant.secrets().chain(refresh_token).collect(),
    };
    let basic = grant.basic();
    let mut fetched = None;
    let mut said = ServiceError::default();
    let asked = call.run(&mut |_| Ok(Authorization { header: basic.clone(), id: 0, renewable: false }), &mut |body| {
        let bytes = body.read_all()?;
        fetched = Some(read_token(&bytes).map_err(|what| {
            // An error may come with status 200.
            said = oauth_error(&String::from_utf8_lossy(&bytes));
            TransportError::new(true, Cause::Decode, what)
        })?);
        Ok(())
    });
    let fetched = asked.and_then(|()| fetched.ok_or_else(|| Error::new(ErrorKind::Auth, "no token reply")));
    fetched.map_err(|error| {
        let mut error = failed(error, said);
        call.redact(&mut error, basic.as_ref());
        error
    })
}

/// What came instead of a token.
fn failed(mut error: Error, said: ServiceError) -> Error {
    let inner = error.inner_mut();
    inner.kind = ErrorKind::Auth;
    if said.code.is_some() {
        inner.service = said;
    }
    // What the token endpoint writes may hold a token.
    inner.body.clear();
    inner.what = format!("signing in failed{}{}", if inner.what.is_empty() { "" } else { ": " }, inner.what);
    error
}

fn read_token(bytes: &[u8]) -> Result<Fetched, String> {
    // What serde says of it may quote it: the position is enough.
    let reply: TokenReply = serde_json::from_slice(bytes).map_err(|error| {
        format!("the token reply cannot be read (line {}, column {})", error.line(), error.column())
    })?;
    let access_token = reply.access_token.ok_or("the token reply has no access_token")?;
    if bearer(&access_token).is_none() {
        return Err("the token reply has an access_token that is empty or cannot be sent".to_owned());
    }
    let seconds = match &reply.expires_in {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    // Longer than a year is as good as for ever, and what is not positive says nothing.
    const YEAR: f64 = 365.0 * 86_400.0;
    let lifetime = seconds.filter(|seconds| *seconds > 0.0).map(|seconds| Duration::from_secs_f64(seconds.min(YEAR)));
    Ok(Fetched { access_token, lifetime, refresh_token: reply.refresh_token.filter(|token| !token.is_empty()) })
}

fn bearer(token: &str) -> Option<SecretHeader> {
    // What fits into the buffer for the head of a request.
    const LONGEST: usize = 14_000;
    let usable = (1..=LONGEST).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic());
    usable.then(|| SecretHeader::new(&format!("Bearer {token}"))).flatten()
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Source::Fixed => f.write_str("a token"),
            Source::Grant(sign_in) => sign_in.grant.fmt(f),
        }
    }
}
