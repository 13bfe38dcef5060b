//! A view by its name.

use super::{Expand, ListViews, NewView, View, create, diff, get, list_all, versions};
use crate::reconcile::{self, Resource};
use crate::{Config, Result};

const VIEW: Resource<View, NewView, NewView> = Resource {
    noun: "view",
    name_field: "name",
    id: |view| &view.id,
    name: |view| view.name.as_deref().unwrap_or_default(),
    wanted_name: |view| view.name.as_deref().unwrap_or_default(),
    is_exact: false,
    is_deleted: |_| false,
    version: |view| view.version.unwrap_or_default(),

    search: |config, name| list_all(config, &ListViews { name_or_created_by: Some(name.to_owned()), ..with_charts() }),
    list_all: |config| list_all(config, &with_charts()),
    get,
    create,
    update: versions::create,

    check_immutable: |_, _| Ok(()),
    difference: |view, wanted| Some(wanted.clone()).filter(|wanted| !diff(&NewView::from(view), wanted).is_empty()),
    only_changes: |view, update| Some(update).filter(|update| !diff(&NewView::from(view), update).is_empty()),
};

/// A view without its charts would lose them when it is sent back.
fn with_charts() -> ListViews {
    ListViews { expand: Some(Expand::Charts), ..ListViews::default() }
}

/// Returns the view with exactly this name, or `None`. The case of letters matters.
///
/// The service does not document how it searches, so a name that it does not find is looked for in the list of all
/// views. All requests share the deadline of one call.
///
/// **Permission** `journey:views:view`
///
/// # Errors
/// `Input` if the name is empty; `Api` if several views have this name; otherwise those of [`list_all`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// if let Some(view) = genesys_journey::views::find_by_name(&config, "From bot to agent")? {
///     println!("{} (version {:?})", view.id, view.version);
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn find_by_name(config: &Config, name: &str) -> Result<Option<View>> {
    reconcile::find_by_name(&VIEW, config, name)
}
