//! Configurations: the sources of external events, each with its schema.

use serde::{Deserialize, Serialize};

use crate::request::Request;
use crate::{Config, Error, ErrorKind, ListAll, Page, Result, Timestamp};

pub(super) const CONFIGURATIONS: &str = "/api/v2/journey/externalevents/configurations";

/// The largest page size, and the default of `list_all`.
const MAX_PAGE_SIZE: u32 = 20;

/// Returns one page of configurations.
///
/// **Permission** `journey:externalEventsConfiguration:view`
///
/// # Errors
/// `Input` if the page number is 0, or the page size is not from 1 to 20; see also [`Error`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::external_events::configurations::{self, ListConfigurations};
///
/// let page = configurations::list(&config, &ListConfigurations { page_size: Some(10), ..Default::default() })?;
/// println!("{} of {:?}", page.entities.len(), page.total);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyExternaleventsConfigurations")]
#[doc(alias = "ExternalEventsConfigurationListing")]
#[inline]
pub fn list(config: &Config, list: &ListConfigurations) -> Result<Page<Configuration>> {
    list.request().send(config)
}

/// Returns one configuration.
///
/// **Permission** `journey:externalEventsConfiguration:view`
///
/// # Errors
/// `Input` if the id is empty, `.` or `..`; `Api` with [`is_not_found`](Error::is_not_found) if there is no such
/// configuration, or if it was created a moment ago.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::external_events::configurations;
///
/// let configuration = configurations::get(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64")?;
/// println!("{:?} from {:?}", configuration.name, configuration.source);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyExternaleventsConfiguration")]
#[inline]
pub fn get(config: &Config, id: &str) -> Result<Configuration> {
    Request::get(CONFIGURATIONS).segment("configId", id).send(config)
}

/// Creates a configuration and returns it.
///
/// The request is retried only if the service provably did not process it.
///
/// **Permission** `journey:externalEventsConfiguration:add`
///
/// # Errors
/// `Input` if the name is empty. With [`outcome_unknown`](Error::outcome_unknown) the configuration may exist: look for
/// it with [`find_by_name`] before you create it again. With [`during_sign_in`](Error::during_sign_in) it was not
/// created.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::external_events::configurations::{self, NewConfiguration};
///
/// let warehouse = NewConfiguration {
///     name: "Warehouse".into(),
///     description: "Shipments of the warehouse".into(),
///     division_id: "4830a2fe-cb00-5a53-ad7e-3f8c975e4b2f".into(),
///     schema_id: "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64".into(),
///     source: "Warehouse".into(),
///     ..NewConfiguration::default()
/// };
/// println!("created {}", configurations::create(&config, &warehouse)?.id);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "PostJourneyExternaleventsConfigurations")]
#[inline]
pub fn create(config: &Config, configuration: &NewConfiguration) -> Result<Configuration> {
    check_name(Some(&configuration.name))?;
    Request::post(CONFIGURATIONS).json(configuration).send(config)
}

/// Updates the name and the description of a configuration, and returns it.
///
/// The request is retried only if the service provably did not process it. Nothing else of a configuration can change.
///
/// **Permission** `journey:externalEventsConfiguration:edit`
///
/// # Errors
/// `Input` if the name is empty; `Api` with [`is_not_found`](Error::is_not_found) if there is no such configuration.
/// With [`outcome_unknown`](Error::outcome_unknown) the change may have been made; it is safe to send the same update
/// again. With [`during_sign_in`](Error::during_sign_in) it was not made.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::external_events::configurations::{self, ConfigurationUpdate};
///
/// let update = ConfigurationUpdate { name: Some("Warehouse Linz".into()), ..ConfigurationUpdate::default() };
/// configurations::update(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", &update)?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "PatchJourneyExternaleventsConfiguration")]
#[inline]
pub fn update(config: &Config, id: &str, update: &ConfigurationUpdate) -> Result<Configuration> {
    check_name(update.name.as_ref())?;
    Request::patch(CONFIGURATIONS).segment("configId", id).json(update).send(config)
}

/// Deletes a configuration.
///
/// If the response is lost, the request is retried; a retry that finds no configuration succeeds.
///
/// **Permission** `journey:externalEventsConfiguration:delete`
///
/// # Errors
/// `Api` with [`is_not_found`](Error::is_not_found) if there was no such configuration. With
/// [`outcome_unknown`](Error::outcome_unknown) it may be deleted; it is safe to delete it again.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::external_events::configurations;
///
/// configurations::delete(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64")?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "DeleteJourneyExternaleventsConfiguration")]
pub fn delete(config: &Config, id: &str) -> Result<()> {
    Request::delete(CONFIGURATIONS).segment("configId", id).send_for_nothing(config)
}

/// Iterates over all configurations, page by page.
///
/// A request returns 20 configurations, or [`page_size`](ListConfigurations::page_size).
///
/// **Permission** `journey:externalEventsConfiguration:view`
///
/// # Errors
/// `Input` if a page number is set; [`is_incomplete`](Error::is_incomplete) if the list changed each time it was read;
/// otherwise those of [`list`]. An error is the last item.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::external_events::configurations;
///
/// for configuration in configurations::list_all(&config, &Default::default()) {
///     println!("{:?}", configuration?.name);
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn list_all(config: &Config, list: &ListConfigurations) -> ListAll<Configuration> {
    let page_size = list.page_size.or(Some(MAX_PAGE_SIZE));
    let fetch =
        |config: &Config, page_size, page_number| self::list(config, &ListConfigurations { page_size, page_number });
    ListAll::numbered(config, page_size, list.page_number, |configuration| &configuration.id, fetch)
}

/// Returns the configuration of exactly this name, or `None` if there is none.
///
/// The service cannot search, so that all configurations are listed. All requests share the deadline of one call.
///
/// **Permission** `journey:externalEventsConfiguration:view`
///
/// # Errors
/// `Input` if the name is empty; `Api`, with the ids of the first two, if several configurations have this name;
/// otherwise those of [`list_all`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::external_events::configurations;
///
/// if let Some(configuration) = configurations::find_by_name(&config, "Warehouse")? {
///     println!("{}", configuration.id);
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn find_by_name(config: &Config, name: &str) -> Result<Option<Configuration>> {
    if name.is_empty() {
        return Err(Error::input("name", "is empty; every configuration has a name"));
    }
    let mut found: Option<Configuration> = None;
    for configuration in list_all(&config.as_one_call(), &ListConfigurations::default()) {
        let configuration = configuration?;
        if configuration.name.as_deref() != Some(name) {
            continue;
        }
        if let Some(first) = &found {
            let (first, second) = (&first.id, &configuration.id);
            let problem = format!("several configurations are named {name:?}: {first} and {second}; rename one");
            return Err(Error::new(ErrorKind::Api, problem));
        }
        found = Some(configuration);
    }
    Ok(found)
}

/// The page of a list of configurations. Unset fields are not sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListConfigurations {
    /// The number of configurations on a page. Default: 20. Range: 1 to 20.
    pub page_size: Option<u32>,
    /// The number of the page, for [`list`] only. Default: 1. Range: at least 1.
    pub page_number: Option<u32>,
}

impl ListConfigurations {
    fn request(&self) -> Request {
        let request = Request::get(CONFIGURATIONS).paged(self.page_size, self.page_number);
        request.at_most("pageSize", self.page_size, MAX_PAGE_SIZE)
    }
}

/// A configuration: a source of external events.
///
/// For a test, start from `Default`.
#[doc(alias = "ExternalEventsConfiguration")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Configuration {
    /// The id, set by the service.
    pub id: String,
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The id of the division that owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub division_id: Option<String>,
    /// Whether the division exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub division_id_active: Option<bool>,
    /// The id of the schema of its events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema_id: Option<String>,
    /// Whether the schema is enabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema_active: Option<bool>,
    /// The system that sends the events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The time of its last change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_last_modified: Option<Timestamp>,
    /// The path of the configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
}

/// A configuration to create. The vendor requires all fields.
#[doc(alias = "CreateExternalEventsConfigurationRequest")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[must_use = "nothing is created until it is sent"]
pub struct NewConfiguration {
    /// The name; not empty.
    pub name: String,
    /// The description.
    pub description: String,
    /// The id of the division that owns it.
    pub division_id: String,
    /// The id of the [schema](super::schemas) of its events.
    pub schema_id: String,
    /// The system that sends the events, such as `Salesforce`. It cannot be changed later.
    pub source: String,
}

/// Changes to a configuration. Fields that are `None` are not sent.
#[doc(alias = "UpdateExternalEventsConfigurationRequest")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[must_use = "nothing is changed until the update is sent"]
pub struct ConfigurationUpdate {
    /// The name; not empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

fn check_name(name: Option<&String>) -> Result<()> {
    if name.is_some_and(String::is_empty) {
        return Err(Error::input("name", "is empty; a configuration must have a name"));
    }
    Ok(())
}
