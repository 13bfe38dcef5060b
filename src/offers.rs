//! The parts that action maps and action templates share: media types and content offers.

#[cfg(feature = "action-templates")]
mod content;

use crate::open_enum::open_enum;

#[cfg(feature = "action-templates")]
#[cfg_attr(docsrs, doc(cfg(feature = "action-templates")))]
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
