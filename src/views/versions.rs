//! The versions of a view.
//!
//! ```no_run
//! use genesys_journey::views::{self, NewView, versions};
//!
//! let config = genesys_journey::Config::from_env()?;
//! let view = views::get(&config, "a view")?;
//! let wanted = NewView { duration: Some("P90D".into()), ..NewView::from(&view) };
//! println!("version {:?}", versions::create(&config, &view.id, &wanted)?.version);
//! # Ok::<(), genesys_journey::Error>(())
//! ```

use std::fmt::Display;

use super::{NewView, VIEWS, View};
#[cfg(doc)]
use crate::Error;
use crate::request::Request;
use crate::{Config, Result};

/// Returns one version of a view.
///
/// **Permission** `journey:views:view`
///
/// # Errors
/// `Input` if the id or the version is empty, `.` or `..`; `Api` with [`is_not_found`](Error::is_not_found) if there is
/// no such version.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// let view = genesys_journey::views::versions::get(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", 1)?;
/// println!("{:?}: {} elements", view.name, view.elements.len());
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyViewVersion")]
#[inline]
pub fn get(config: &Config, view_id: &str, version: impl Display) -> Result<View> {
    version_of(view_id, &version).send(config)
}

/// Creates a new version of a view and returns it.
///
/// The view is sent without a check; [`NewView::check`] finds mistakes before. The request is retried only if the service
/// provably did not process it.
///
/// **Permission** `journey:views:edit`
///
/// # Errors
/// `Input` if the id is empty, `.` or `..`, or a number is not finite; see also [`Error`]. With
/// [`outcome_unknown`](Error::outcome_unknown) the version may exist: read the view before you create it again. With
/// [`during_sign_in`](Error::during_sign_in) it was not created.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::views::{self, NewView, versions};
///
/// let view = views::get(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64")?;
/// let wanted = NewView { duration: Some("P90D".into()), ..NewView::from(&view) };
/// println!("version {:?}", versions::create(&config, &view.id, &wanted)?.version);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "PostJourneyViewVersions")]
#[inline]
pub fn create(config: &Config, view_id: &str, view: &NewView) -> Result<View> {
    Request::post(VIEWS).segment("viewId", view_id).then("/versions").json(view).send(config)
}

/// Replaces the content of a version, and returns it. The number of the version stays the same.
///
/// The view is sent without a check; [`NewView::check`] finds mistakes before. The request is retried only if the service
/// provably did not process it.
///
/// **Permission** `journey:views:edit`
///
/// # Errors
/// `Input` if the id or the version is empty, `.` or `..`, or a number is not finite; `Api` with
/// [`is_not_found`](Error::is_not_found) if there is no such version. With [`outcome_unknown`](Error::outcome_unknown)
/// the change may have been made; it is safe to send it again. With [`during_sign_in`](Error::during_sign_in) it was not
/// made.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::views::{self, NewView, versions};
///
/// let view = views::get(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64")?;
/// let wanted = NewView { description: Some("For the board".into()), ..NewView::from(&view) };
/// versions::replace(&config, &view.id, 1, &wanted)?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "PutJourneyViewVersion")]
#[inline]
pub fn replace(config: &Config, view_id: &str, version: impl Display, view: &NewView) -> Result<View> {
    with_version(Request::put(VIEWS), view_id, &version).json(view).send(config)
}

/// Returns a GET of a version, to which further segments may be appended.
pub(super) fn version_of(view_id: &str, version: &dyn Display) -> Request {
    with_version(Request::get(VIEWS), view_id, version)
}

/// Appends a view and its version. The vendor has three names for the parameter of the version.
pub(super) fn with_version(request: Request, view_id: &str, version: &dyn Display) -> Request {
    request.segment("viewId", view_id).then("/versions").segment("version", &version.to_string())
}
