//! The macros that make values of the client in the crate of the caller, and the value of `doc_example!`.

use std::ops::Deref;

use crate::StandIn;

/// Returns the `genesys_journey::Region` of a stand-in.
///
/// ```
/// let service = genesys_stand_in::StandIn::start();
/// let region = genesys_stand_in::region!(service);
/// assert_eq!(region.to_string(), service.url());
/// ```
#[macro_export]
macro_rules! region {
    ($service:expr) => {{
        let service: &$crate::StandIn = &$service;
        ::genesys_journey::Region::custom(&service.url(), &service.url()).expect("plain http is accepted for loopback")
    }};
}

/// Returns a `genesys_journey::ConfigBuilder` for a stand-in, with a backoff of 1 ms, so that retries take no time.
///
/// ```
/// use genesys_journey::auth::Grant;
/// use genesys_stand_in::{CLIENT_ID, CLIENT_SECRET, StandIn};
///
/// let service = StandIn::start();
/// let grant = Grant::client_credentials(CLIENT_ID, CLIENT_SECRET);
/// let config = genesys_stand_in::builder!(service).max_attempts(2).sign_in(grant)?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[macro_export]
macro_rules! builder {
    ($service:expr) => {{
        let service: &$crate::StandIn = &$service;
        ::genesys_journey::Config::builder($crate::region!(service))
            .initial_backoff(::std::time::Duration::from_millis(1))
    }};
}

/// Returns a `genesys_journey::Config` for a stand-in: [`builder!`](crate::builder) with the fixed token.
///
/// ```
/// use genesys_journey::segments;
///
/// let service = genesys_stand_in::StandIn::start();
/// let config = genesys_stand_in::config!(service);
/// assert_eq!(segments::list(&config, &Default::default())?.total, Some(0));
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[macro_export]
macro_rules! config {
    ($service:expr) => {{
        let service: &$crate::StandIn = &$service;
        $crate::builder!(service).token(&service.token()).expect("the token can be sent")
    }};
}

/// Returns a `genesys_journey::Config` for [`StandIn::doc_example`] that keeps it running: an [`Example`].
///
/// ```
/// use genesys_journey::segments;
///
/// let config = genesys_stand_in::doc_example!();
/// assert_eq!(segments::get(&config, genesys_stand_in::EXAMPLE_ID)?.display_name, "Local visitors");
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! doc_example {
    () => {{
        let service = $crate::StandIn::doc_example();
        let config = $crate::config!(service);
        $crate::Example::new(service, config)
    }};
}

/// A config, and the stand-in that it calls: `&example` is a reference to the config.
///
/// ```
/// use genesys_stand_in::{Example, StandIn};
///
/// let example = Example::new(StandIn::start(), "any config".to_owned());
/// let config: &str = &example;
/// assert!(example.service().requests().is_empty());
/// ```
#[derive(Debug)]
pub struct Example<C> {
    config: C,
    service: StandIn,
}

impl<C> Example<C> {
    /// Returns an example that keeps this stand-in running.
    ///
    /// ```
    /// let example = genesys_stand_in::Example::new(genesys_stand_in::StandIn::start(), ());
    /// ```
    pub fn new(service: StandIn, config: C) -> Example<C> {
        Example { config, service }
    }

    /// Returns the stand-in.
    ///
    /// ```
    /// let config = genesys_stand_in::doc_example!();
    /// assert_eq!(config.service().segments().len(), 1);
    /// ```
    pub fn service(&self) -> &StandIn {
        &self.service
    }
}

impl<C> Deref for Example<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.config
    }
}
