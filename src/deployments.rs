//! Deployments: the reports of websites and apps about their visitors.
//!
//! A deployment is the configuration of a Messenger. Its page or app pings, learns the actions to show, and reports
//! events. **No function of this module sends a token,** whatever the [`Config`] holds:
//! [`ConfigBuilder::anonymous`](crate::ConfigBuilder::anonymous) is enough.
//!
//! ```no_run
//! use std::time::SystemTime;
//!
//! use genesys_journey::deployments::{self, EventPage, WebEvent};
//! use genesys_journey::{Config, Region, Timestamp};
//!
//! let config = Config::builder(Region::EU_WEST_1).anonymous()?;
//! let page = EventPage::new("https://shop.example.com/offers", "Offers");
//! let now = Timestamp::try_from(SystemTime::now())?;
//! let event = WebEvent::new("7a1c1f4e-0b8e-4d0a-9d55-0f6f3e5b2c11", "page_viewed", page, now);
//! let recorded = deployments::send_web_event(&config, "a deployment", &event)?;
//! println!("{:?}", recorded.session);
//! # Ok::<(), genesys_journey::Error>(())
//! ```

mod events;
mod ping;
mod recorded;

#[cfg(doc)]
use crate::Error;
use crate::request::Request;
use crate::{Config, Result};

pub use crate::offers::ActionState;
pub use events::{ActionEvent, AppEvent, EventBrowser, EventDevice, EventPage, WebEvent};
pub use ping::{
    DeploymentPing, OpenActionProperties, PingOptions, WebAction, WebActionKind, WebMessagingOfferProperties,
};
pub use recorded::{EventSession, RecordedAppEvent, RecordedPage, RecordedWebEvent};

const DEPLOYMENTS: &str = "/api/v2/journey/deployments";

/// Keeps the session of a visitor alive, and returns the actions to show to the visitor.
///
/// The caller makes a UUID for the visitor, as a website keeps one in a cookie. Without
/// [`page_url`](PingOptions::page_url) no action is returned.
///
/// The request has an effect: an action is offered once. It is retried only if the service provably did not process it.
///
/// **Permission** none; no token is sent.
///
/// # Errors
/// `Input` if an id is empty, `.` or `..`. With [`outcome_unknown`](Error::outcome_unknown) actions may have been
/// offered that the visitor did not see.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::deployments::{self, PingOptions};
///
/// let options = PingOptions { page_url: Some("https://shop.example.com/offers".into()), ..PingOptions::default() };
/// let visitor = "7a1c1f4e-0b8e-4d0a-9d55-0f6f3e5b2c11";
/// let ping = deployments::ping(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", visitor, &options)?;
/// println!("{} actions, next ping in {:?}", ping.actions.len(), ping.poll_interval());
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyDeploymentCustomerPing")]
#[inline]
pub fn ping(
    config: &Config,
    deployment_id: &str,
    customer_cookie_id: &str,
    options: &PingOptions,
) -> Result<DeploymentPing> {
    let visitor = deployment(Request::get(DEPLOYMENTS), deployment_id).then("/customers");
    options.request(visitor.segment("customerCookieId", customer_cookie_id).then("/ping")).send(config)
}

/// Reports the reaction of a visitor to an action.
///
/// An action passes through states, and the service refuses a transition that does not exist. The request is retried only
/// if the service provably did not process it.
///
/// **Permission** none; no token is sent.
///
/// # Errors
/// `Input` if the id is empty, `.` or `..`; `Api` with status 409 if the action cannot enter this state. With
/// [`outcome_unknown`](Error::outcome_unknown) the action may have entered it.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::deployments::{self, ActionEvent, ActionState};
///
/// let event = ActionEvent::new(ActionState::Accepted, "the session", "the action");
/// deployments::send_action_event(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", &event)?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "PostJourneyDeploymentActionevent")]
pub fn send_action_event(config: &Config, deployment_id: &str, event: &ActionEvent) -> Result<()> {
    let request = deployment(Request::post(DEPLOYMENTS), deployment_id).then("/actionevent");
    request.json(event).send_for_nothing(config)
}

/// Records an event of an app, and returns it as recorded.
///
/// The service refuses events that are older than an hour. The request is retried only if the service provably did not
/// process it.
///
/// **Permission** none; no token is sent.
///
/// # Errors
/// `Input` if the id is empty, `.` or `..`. With [`outcome_unknown`](Error::outcome_unknown) the event may be recorded,
/// and sending it again may record another.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use std::time::SystemTime;
///
/// use genesys_journey::Timestamp;
/// use genesys_journey::deployments::{self, AppEvent, EventDevice};
/// use genesys_journey::visitors::{App, DeviceCategory};
///
/// let app = App { name: Some("Shop".into()), namespace: Some("com.example.shop".into()), ..App::default() };
/// let device = EventDevice::new(DeviceCategory::Mobile, "Pixel 9", "Android", "16");
/// let now = Timestamp::try_from(SystemTime::now())?;
/// let event = AppEvent::new("7a1c1f4e-0b8e-4d0a-9d55-0f6f3e5b2c11", "order_completed", "Checkout", app, device, now);
/// let recorded = deployments::send_app_event(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", &event)?;
/// println!("{}", recorded.id);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "PostJourneyDeploymentAppevents")]
#[inline]
pub fn send_app_event(config: &Config, deployment_id: &str, event: &AppEvent) -> Result<RecordedAppEvent> {
    deployment(Request::post(DEPLOYMENTS), deployment_id).then("/appevents").json(event).send(config)
}

/// Records an event of a website, and returns it as recorded.
///
/// The service refuses events that are older than an hour. The request is retried only if the service provably did not
/// process it.
///
/// **Permission** none; no token is sent.
///
/// # Errors
/// `Input` if the id is empty, `.` or `..`. With [`outcome_unknown`](Error::outcome_unknown) the event may be recorded,
/// and sending it again may record another.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use std::time::SystemTime;
///
/// use genesys_journey::Timestamp;
/// use genesys_journey::deployments::{self, EventPage, WebEvent};
///
/// let page = EventPage::new("https://shop.example.com/offers", "Offers");
/// let now = Timestamp::try_from(SystemTime::now())?;
/// let event = WebEvent::new("7a1c1f4e-0b8e-4d0a-9d55-0f6f3e5b2c11", "page_viewed", page, now);
/// let recorded = deployments::send_web_event(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", &event)?;
/// println!("{:?}", recorded.customer_id);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "PostJourneyDeploymentWebevents")]
#[inline]
pub fn send_web_event(config: &Config, deployment_id: &str, event: &WebEvent) -> Result<RecordedWebEvent> {
    deployment(Request::post(DEPLOYMENTS), deployment_id).then("/webevents").json(event).send(config)
}

/// Adds the deployment to a request, which has an effect and no token.
fn deployment(request: Request, id: &str) -> Request {
    request.without_token().not_idempotent().segment("deploymentId", id)
}
