//! The warnings that the crate logs, as they come.

use std::cell::RefCell;

type Hook = Box<dyn FnMut(&str)>;

thread_local! {
    /// Called with each warning that this thread logs.
    static ON_WARNING: RefCell<Option<Hook>> = const { RefCell::new(None) };
}

struct Hooked;

impl log::Log for Hooked {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.target().starts_with("genesys_journey")
    }

    fn log(&self, record: &log::Record<'_>) {
        if record.level() == log::Level::Warn && record.target().starts_with("genesys_journey") {
            ON_WARNING.with_borrow_mut(|hook| hook.iter_mut().for_each(|hook| hook(&record.args().to_string())));
        }
    }

    fn flush(&self) {}
}

/// Calls this with each warning that this thread logs from now on.
pub fn on_warning(hook: impl FnMut(&str) + 'static) {
    let _ = log::set_logger(&Hooked);
    log::set_max_level(log::LevelFilter::Warn);
    ON_WARNING.set(Some(Box::new(hook)));
}
