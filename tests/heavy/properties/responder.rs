//! A listener whose next response a case sets, and a `Config` for it.

use std::sync::{Arc, Mutex};

use genesys_journey::{Config, ConfigBuilder};
use genesys_listener::calls::{TOKEN, settings};
use genesys_listener::{Listener, Scripted};

pub struct Responder {
    pub listener: Listener,
    pub config: Config,
    next: Arc<Mutex<Scripted>>,
}

impl Responder {
    pub fn new(with_limits: impl FnOnce(ConfigBuilder) -> ConfigBuilder) -> Responder {
        let next = Arc::new(Mutex::new(Scripted::Close));
        let response = next.clone();
        let listener = Listener::responding(move |_| response.lock().unwrap().clone());
        let settings = with_limits(settings(&listener.url()));
        let config = settings.max_response_bytes(1 << 20).token(TOKEN).unwrap();
        Responder { listener, config, next }
    }

    /// Sets the response to all further requests.
    pub fn respond_with(&self, response: Scripted) {
        *self.next.lock().unwrap() = response;
    }
}
