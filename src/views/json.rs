//! Views as JSON, for files under version control.

use super::model::NewView;
use crate::request::without_content;
use crate::{Error, Result};

impl NewView {
    /// Returns the view as indented JSON, in the spelling of the vendor. [`from_json`](Self::from_json) reads it.
    ///
    /// # Errors
    /// `Input` if a number is not finite.
    ///
    /// ```
    /// # let config = genesys_stand_in::doc_example!();
    /// use genesys_journey::views::{self, NewView};
    ///
    /// let view = NewView::from(&views::get(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64")?);
    /// let json = view.to_json()?;
    /// assert_eq!(NewView::from_json(&json)?, view);
    /// # Ok::<(), genesys_journey::Error>(())
    /// ```
    pub fn to_json(&self) -> Result<String> {
        let json = serde_json::to_string_pretty(self);
        json.map_err(|error| Error::input("view", format_args!("cannot be written as JSON: {error}")))
    }

    /// Reads a view from JSON. Fields that a view does not have, such as the id of an exported one, are ignored.
    ///
    /// # Errors
    /// `Input` with the position of the problem.
    ///
    /// ```
    /// use genesys_journey::views::NewView;
    ///
    /// let view = NewView::from_json(r#"{"id": "7", "name": "Bots", "duration": "P30D", "elements": []}"#)?;
    /// assert_eq!(view.name.as_deref(), Some("Bots"));
    /// # Ok::<(), genesys_journey::Error>(())
    /// ```
    #[inline]
    pub fn from_json(json: &str) -> Result<NewView> {
        serde_json::from_str(json).map_err(unreadable)
    }
}

fn unreadable(error: serde_json::Error) -> Error {
    Error::input("view", format_args!("cannot be read from JSON: {}", without_content(&error.to_string())))
}
