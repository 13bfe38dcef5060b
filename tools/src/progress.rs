//! A progress line on standard error, if that is a terminal.

use std::borrow::Cow;

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

/// Returns a line that counts, such as "250 segments". It disappears when it is dropped.
pub fn counter(is_shown: bool, noun: &'static str) -> ProgressBar {
    let bar = if is_shown { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
    let style =
        ProgressStyle::with_template("{spinner} {pos} {msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
    bar.with_style(style).with_message(Cow::Borrowed(noun)).with_finish(ProgressFinish::AndClear)
}
