//! The vocabulary of visitors: sessions, devices, pages, campaigns. Shared by the families that report about visitors.
//!
//! Most of it is personal data. No error and no log line shows it; see [`Error::message`](crate::Error::message).

#[cfg(any(feature = "sessions", feature = "external-contacts"))]
mod conversation;
mod device;
mod origin;
#[cfg(any(feature = "sessions", feature = "external-contacts"))]
mod page;
#[cfg(any(feature = "sessions", feature = "external-contacts"))]
mod session;

#[cfg(any(feature = "sessions", feature = "external-contacts"))]
pub use conversation::{AcdOutcome, CaseStatus, ChannelType, Direction, DisconnectType, MessageType};
pub use device::{App, Attribute, Device, DeviceCategory, NetworkConnectivity, SdkLibrary};
pub use origin::{Campaign, Geolocation, Referrer, ReferrerMedium};
#[cfg(any(feature = "sessions", feature = "external-contacts"))]
pub use page::{Browser, VisitedPage};
#[cfg(any(feature = "sessions", feature = "external-contacts"))]
pub use session::{
    AttributeList, CaseAssociation, Channel, Disposition, LastEvent, OutcomeAchievement, SegmentAssignment, Session,
    SessionRef,
};
