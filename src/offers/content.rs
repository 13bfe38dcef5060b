//! Content offers: a text and a picture that a page shows. Shared by the families that send or return them.

use serde::{Deserialize, Serialize};

use crate::open_enum::open_enum;
use crate::serde_util::finite;
use crate::update::{Update, clear_as_default, set_or_clear};

open_enum! {
    /// The way in which a content offer appears.
    pub enum DisplayMode {
        Modal = "Modal",
        Overlay = "Overlay",
        Toast = "Toast",
    }
}

open_enum! {
    /// The places of text and picture in a content offer.
    pub enum LayoutMode {
        TextOnly = "TextOnly",
        ImageOnly = "ImageOnly",
        LeftText = "LeftText",
        RightText = "RightText",
        TopText = "TopText",
        BottomText = "BottomText",
    }
}

open_enum! {
    /// The window in which a button opens its page.
    pub enum Target {
        NewWindow = "Blank",
        SameWindow = "Self",
    }
}

open_enum! {
    /// The alignment of a text.
    pub enum TextAlign {
        Left = "Left",
        Right = "Right",
        Center = "Center",
    }
}

/// A content offer: a text and a picture.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContentOffer {
    /// The way in which the offer appears. The vendor requires it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_mode: Option<DisplayMode>,
    /// The places of text and picture. The vendor requires it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layout_mode: Option<LayoutMode>,
    /// The URL of the picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    /// The title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The headline, above the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headline: Option<String>,
    /// The text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The button.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_to_action: Option<CallToAction>,
    /// The looks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub style: Option<ContentOfferStyle>,
    /// The alternative text of the picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_alt_text: Option<String>,
}

/// Changes to a content offer. Fields that are kept (see [`Update`]) or `None` are not sent.
#[doc(alias = "PatchContentOffer")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContentOfferUpdate {
    /// The way in which the offer appears.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_mode: Option<DisplayMode>,
    /// The places of text and picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layout_mode: Option<LayoutMode>,
    /// The URL of the picture.
    #[serde(skip_serializing_if = "Update::is_keep", serialize_with = "clear_as_default")]
    pub image_url: Update<String>,
    /// The title.
    #[serde(skip_serializing_if = "Update::is_keep", serialize_with = "clear_as_default")]
    pub title: Update<String>,
    /// The line above the text.
    #[serde(skip_serializing_if = "Update::is_keep", serialize_with = "clear_as_default")]
    pub headline: Update<String>,
    /// The text.
    #[serde(skip_serializing_if = "Update::is_keep", serialize_with = "clear_as_default")]
    pub body: Update<String>,
    /// The button.
    #[serde(skip_serializing_if = "Update::is_keep")]
    pub call_to_action: Update<CallToAction>,
    /// The looks.
    #[serde(skip_serializing_if = "Update::is_keep")]
    pub style: Update<ContentOfferStyleUpdate>,
    /// The alternative text of the picture.
    #[serde(skip_serializing_if = "Update::is_keep", serialize_with = "clear_as_default")]
    pub image_alt_text: Update<String>,
}

/// The button of a content offer.
#[doc(alias = "PatchCallToAction")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CallToAction {
    /// The window in which the page opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// The label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The URL of the page. The vendor requires it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// The looks of a content offer.
#[doc(alias = "ContentOfferStylingConfiguration")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContentOfferStyle {
    /// The place of the offer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// The looks of the frame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offer: Option<FrameStyle>,
    /// The looks of the close button.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub close_button: Option<CloseButtonStyle>,
    /// The looks of the button.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cta_button: Option<CtaButtonStyle>,
    /// The looks of the title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<TextStyle>,
    /// The looks of the headline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headline: Option<TextStyle>,
    /// The looks of the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<TextStyle>,
}

/// Changes to the looks of a content offer.
#[doc(alias = "PatchContentOfferStylingConfiguration")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContentOfferStyleUpdate {
    /// The place of the offer.
    #[serde(skip_serializing_if = "Update::is_keep")]
    pub position: Update<PositionUpdate>,
    /// The looks of the frame.
    #[serde(skip_serializing_if = "Update::is_keep")]
    pub offer: Update<FrameStyle>,
    /// The looks of the close button.
    #[serde(skip_serializing_if = "Update::is_keep")]
    pub close_button: Update<CloseButtonStyle>,
    /// The looks of the button.
    #[serde(skip_serializing_if = "Update::is_keep")]
    pub cta_button: Update<CtaButtonStyle>,
    /// The looks of the title.
    #[serde(skip_serializing_if = "Update::is_keep")]
    pub title: Update<TextStyle>,
    /// The looks of the headline.
    #[serde(skip_serializing_if = "Update::is_keep")]
    pub headline: Update<TextStyle>,
    /// The looks of the text.
    #[serde(skip_serializing_if = "Update::is_keep")]
    pub body: Update<TextStyle>,
}

/// The place of a content offer: CSS lengths.
#[doc(alias = "ContentPositionProperties")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Position {
    /// The distance from the top edge, such as `20px`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top: Option<String>,
    /// The distance from the bottom edge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bottom: Option<String>,
    /// The distance from the left edge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<String>,
    /// The distance from the right edge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub right: Option<String>,
}

/// Changes to the place of a content offer.
#[doc(alias = "PatchContentPositionProperties")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PositionUpdate {
    /// The distance from the top edge, such as `20px`.
    #[serde(skip_serializing_if = "Update::is_keep", serialize_with = "clear_as_default")]
    pub top: Update<String>,
    /// The distance from the bottom edge.
    #[serde(skip_serializing_if = "Update::is_keep", serialize_with = "clear_as_default")]
    pub bottom: Update<String>,
    /// The distance from the left edge.
    #[serde(skip_serializing_if = "Update::is_keep", serialize_with = "clear_as_default")]
    pub left: Update<String>,
    /// The distance from the right edge.
    #[serde(skip_serializing_if = "Update::is_keep", serialize_with = "clear_as_default")]
    pub right: Update<String>,
}

/// The looks of the frame.
#[doc(alias = "ContentOfferStyleProperties")]
#[doc(alias = "PatchContentOfferStyleProperties")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FrameStyle {
    /// The inner margin: a CSS length.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub padding: Option<String>,
    /// The colour, such as `#222222`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// The colour of the background.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub background_color: Option<String>,
}

/// The looks of the close button.
#[doc(alias = "CloseButtonStyleProperties")]
#[doc(alias = "PatchCloseButtonStyleProperties")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CloseButtonStyle {
    /// The colour, such as `#222222`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// The opacity, from 0 to 1.
    #[serde(serialize_with = "finite", skip_serializing_if = "Option::is_none")]
    pub opacity: Option<f64>,
}

/// The looks of the button.
#[doc(alias = "CtaButtonStyleProperties")]
#[doc(alias = "PatchCtaButtonStyleProperties")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CtaButtonStyle {
    /// The alignment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_align: Option<TextAlign>,
    /// The colour, such as `#222222`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// The font family.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub font: Option<String>,
    /// The size, such as `12pt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub font_size: Option<String>,
    /// The colour of the background.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub background_color: Option<String>,
}

/// The looks of a text.
#[doc(alias = "TextStyleProperties")]
#[doc(alias = "PatchTextStyleProperties")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TextStyle {
    /// The alignment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_align: Option<TextAlign>,
    /// The colour, such as `#222222`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// The font family.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub font: Option<String>,
    /// The size, such as `12pt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub font_size: Option<String>,
}

/// Returns the changes that lead to exactly this content offer.
impl From<&ContentOffer> for ContentOfferUpdate {
    fn from(offer: &ContentOffer) -> Self {
        ContentOfferUpdate {
            display_mode: offer.display_mode.clone(),
            layout_mode: offer.layout_mode.clone(),
            image_url: set_or_clear(offer.image_url.clone()),
            title: set_or_clear(offer.title.clone()),
            headline: set_or_clear(offer.headline.clone()),
            body: set_or_clear(offer.body.clone()),
            call_to_action: set_or_clear(offer.call_to_action.clone()),
            style: set_or_clear(offer.style.as_ref().map(ContentOfferStyleUpdate::from)),
            image_alt_text: set_or_clear(offer.image_alt_text.clone()),
        }
    }
}

/// Returns the changes that lead to exactly these looks.
impl From<&ContentOfferStyle> for ContentOfferStyleUpdate {
    fn from(style: &ContentOfferStyle) -> Self {
        ContentOfferStyleUpdate {
            position: set_or_clear(style.position.as_ref().map(PositionUpdate::from)),
            offer: set_or_clear(style.offer.clone()),
            close_button: set_or_clear(style.close_button.clone()),
            cta_button: set_or_clear(style.cta_button.clone()),
            title: set_or_clear(style.title.clone()),
            headline: set_or_clear(style.headline.clone()),
            body: set_or_clear(style.body.clone()),
        }
    }
}

/// Returns the changes that lead to exactly this place.
impl From<&Position> for PositionUpdate {
    fn from(position: &Position) -> Self {
        PositionUpdate {
            top: set_or_clear(position.top.clone()),
            bottom: set_or_clear(position.bottom.clone()),
            left: set_or_clear(position.left.clone()),
            right: set_or_clear(position.right.clone()),
        }
    }
}
