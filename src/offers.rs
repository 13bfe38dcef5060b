//! The parts that several families share: media types and states of actions, and content offers.

#[cfg(any(feature = "action-templates", feature = "deployments"))]
mod content;

use crate::open_enum::open_enum;

#[cfg(any(feature = "action-templates", feature = "deployments"))]
#[cfg_attr(docsrs, doc(cfg(any(feature = "action-templates", feature = "deployments"))))]
pub use content::{
    CallToAction, CloseButtonStyle, ContentOffer, ContentOfferStyle, ContentOfferStyleUpdate, ContentOfferUpdate,
    CtaButtonStyle, DisplayMode, FrameStyle, LayoutMode, Position, PositionUpdate, Target, TextAlign, TextStyle,
};

open_enum! {
    /// The kind of an action.
    pub enum MediaType {
        WebMessagingOffer = "webMessagingOffer",
        ContentOffer = "contentOffer",
        IntegrationAction = "integrationAction",
        ArchitectFlow = "architectFlow",
        OpenAction = "openAction",
    }
}

#[cfg(any(feature = "deployments", feature = "sessions"))]
open_enum! {
    #[cfg_attr(docsrs, doc(cfg(any(feature = "deployments", feature = "sessions"))))]
    /// The state of an action.
    pub enum ActionState {
        Accepted = "accepted",
        Rejected = "rejected",
        TimedOut = "timedout",
        Errored = "errored",
        Ignored = "ignored",
        Qualified = "qualified",
        Offered = "offered",
        Started = "started",
        Engaged = "engaged",
        QualifiedOutsideSchedule = "qualifiedOutsideSchedule",
        OfferedOutsideSchedule = "offeredOutsideSchedule",
        Abandoned = "abandoned",
        Completed = "completed",
        FrequencyCapReached = "frequencyCapReached",
    }
}
