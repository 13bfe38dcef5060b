//! The model of a session.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::conversation::{AcdOutcome, CaseStatus, ChannelType, Direction, DisconnectType, MessageType};
use super::{
    App, Attribute, Browser, Campaign, Device, Geolocation, NetworkConnectivity, Referrer, SdkLibrary, VisitedPage,
};
use crate::references::EntityRef;
use crate::serde_util::{filled_list, map, optional_integer, plain_list};
use crate::timestamp::Timestamp;

/// A session: a visit of a website or an app, or a conversation. One model has the fields of all kinds;
/// [`session_type`](Self::session_type) names the kind.
///
/// For a test, start from `Default`:
///
/// ```
/// use genesys_journey::visitors::Session;
///
/// let mut session = Session::default();
/// session.id = "7".into();
/// session.session_type = Some("web".into());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Session {
    /// The side that started the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub originating_direction: Option<Direction>,
    /// The reason why the last agent left the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_user_disconnect_type: Option<DisconnectType>,
    /// The end of the last wait in a queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_acd_outcome: Option<AcdOutcome>,
    /// The state of the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case_status: Option<CaseStatus>,
    /// The id.
    pub id: String,
    /// The contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_contact: Option<EntityRef>,
    /// The id of the visitor in the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<String>,
    /// The kind of the customer id: `cookie`, `email`, `phone`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id_type: Option<String>,
    /// The kind of session, such as `web`, `app` or `conversation`.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub session_type: Option<String>,
    /// The id in another system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The URL of the session in another system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_url: Option<String>,
    /// A number of 4 to 6 digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub short_id: Option<String>,
    /// The outcomes that were achieved. Deprecated by the vendor.
    #[serde(default, deserialize_with = "filled_list")]
    pub outcome_achievements: Vec<OutcomeAchievement>,
    /// The segments that were assigned.
    #[serde(default, deserialize_with = "filled_list")]
    pub segment_assignments: Vec<SegmentAssignment>,
    /// Values of the events of the session, by name.
    #[serde(default, deserialize_with = "map")]
    pub attributes: BTreeMap<String, Attribute>,
    /// Lists of values of the events of the session, by name.
    #[serde(default, deserialize_with = "map")]
    pub attribute_lists: BTreeMap<String, AttributeList>,
    /// The browser.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser: Option<Browser>,
    /// The device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<Device>,
    /// The place of the visitor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub geolocation: Option<Geolocation>,
    /// The IP address. The service may withhold it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip_address: Option<String>,
    /// The owner of the IP address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip_organization: Option<String>,
    /// The last web page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_page: Option<VisitedPage>,
    /// The campaign that led the visitor to the website or the app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mkt_campaign: Option<Campaign>,
    /// The page from which the visitor came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referrer: Option<Referrer>,
    /// The app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<App>,
    /// The SDK of the app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sdk_library: Option<SdkLibrary>,
    /// The network of the phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_connectivity: Option<NetworkConnectivity>,
    /// The texts that the visitor searched for.
    #[serde(default, deserialize_with = "plain_list")]
    pub search_terms: Vec<String>,
    /// The `User-Agent` header of the browser.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent_string: Option<String>,
    /// The duration in seconds.
    #[serde(default, deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub duration_in_seconds: Option<i64>,
    /// The number of events.
    #[serde(default, deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub event_count: Option<i64>,
    /// The number of web pages.
    #[serde(default, deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub pageview_count: Option<i64>,
    /// The number of screens of the app.
    #[serde(default, deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub screenview_count: Option<i64>,
    /// The last event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_event: Option<LastEvent>,
    /// The conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<EntityRef>,
    /// The last queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_connected_queue: Option<EntityRef>,
    /// The last agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_connected_user: Option<EntityRef>,
    /// The last wrap-up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_user_disposition: Option<Disposition>,
    /// The channels of the conversation.
    #[serde(default, deserialize_with = "filled_list")]
    pub conversation_channels: Vec<Channel>,
    /// The subject of the conversation, such as that of an email.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_subject: Option<String>,
    /// Whether the visitor was signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authenticated: Option<bool>,
    /// The ids of the divisions.
    #[serde(default, deserialize_with = "plain_list")]
    pub division_ids: Vec<String>,
    /// The last screen of the app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_screen: Option<String>,
    /// The cases of a conversation.
    #[serde(default, deserialize_with = "filled_list")]
    pub case_associations: Vec<CaseAssociation>,
    /// The case of a session of a case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case_entity: Option<EntityRef>,
    /// The number of the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case_reference: Option<String>,
    /// The path of the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
    /// The time of its start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_date: Option<Timestamp>,
    /// The time of its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_date: Option<Timestamp>,
    /// The time from which the visitor counts as away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub away_date: Option<Timestamp>,
    /// The time from which the visitor counts as idle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_date: Option<Timestamp>,
}

/// A reference to a session, with its kind.
#[doc(alias = "EventSession")]
#[doc(alias = "SegmentAssignmentSession")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct SessionRef {
    /// The id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The path of the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
    /// The kind of session, such as `web`, `app` or `conversation`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub session_type: Option<String>,
}

/// An outcome that was achieved. Deprecated by the vendor.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct OutcomeAchievement {
    /// The outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<EntityRef>,
    /// The time of the achievement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub achieved_date: Option<Timestamp>,
}

/// A segment that was assigned in a session.
#[doc(alias = "SessionSegmentAssignment")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct SegmentAssignment {
    /// The segment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment: Option<EntityRef>,
    /// The time of the assignment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned_date: Option<Timestamp>,
}

/// A list of values of events. Each value is always text.
#[doc(alias = "CustomEventAttributeList")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct AttributeList {
    /// The type of the values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_type: Option<String>,
    /// The values.
    #[serde(deserialize_with = "plain_list")]
    pub values: Vec<String>,
}

/// The last event of a session.
#[doc(alias = "SessionLastEvent")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct LastEvent {
    /// The id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_name: Option<String>,
    /// The time of the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_date: Option<Timestamp>,
}

/// The wrap-up of a conversation.
#[doc(alias = "ConversationUserDisposition")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Disposition {
    /// The wrap-up code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The notes of the agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// The agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<EntityRef>,
}

/// A channel of a conversation.
#[doc(alias = "ConversationChannel")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Channel {
    /// The channel.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub channel_type: Option<ChannelType>,
    /// The messaging platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_type: Option<MessageType>,
    /// The platform of the channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
}

/// A case of a conversation.
#[doc(alias = "JourneyCaseAssociation")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct CaseAssociation {
    /// The id of the association.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub associated_case: Option<EntityRef>,
    /// The number of the case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case_reference: Option<String>,
    /// The time of the association.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_associated: Option<Timestamp>,
    /// The path of the association.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
}
