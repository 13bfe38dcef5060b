//! A logger that passes each line of the crate to a hook, and those of ureq to another one.

use std::cell::RefCell;

use log::Level;

type Hook = Box<dyn FnMut(Level, &str)>;

thread_local! {
    /// The hook for the lines that this thread logs.
    static ON_LINE: RefCell<Option<Hook>> = const { RefCell::new(None) };
    /// The hook for the lines of ureq.
    static ON_UREQ_LINE: RefCell<Option<Hook>> = const { RefCell::new(None) };
}

struct Hooked;

impl log::Log for Hooked {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        ["genesys_journey", "ureq"].iter().any(|target| metadata.target().starts_with(target))
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            let hook = if record.target().starts_with("ureq") { &ON_UREQ_LINE } else { &ON_LINE };
            hook.with_borrow_mut(|hook| {
                hook.iter_mut().for_each(|hook| hook(record.level(), &record.args().to_string()))
            });
        }
    }

    fn flush(&self) {}
}

/// Calls `hook` with each line that this thread logs from now on.
pub fn on_line(hook: impl FnMut(Level, &str) + 'static) {
    set_logger();
    ON_LINE.set(Some(Box::new(hook)));
}

/// Calls `hook` with each line that ureq logs in this thread from now on.
pub fn on_ureq_line(hook: impl FnMut(Level, &str) + 'static) {
    set_logger();
    ON_UREQ_LINE.set(Some(Box::new(hook)));
}

fn set_logger() {
    let _ = log::set_logger(&Hooked);
    log::set_max_level(log::LevelFilter::Debug);
}

/// Like `on_line`, for warnings only.
pub fn on_warning(mut hook: impl FnMut(&str) + 'static) {
    on_line(move |level, line| {
        if level == Level::Warn {
            hook(line);
        }
    });
}

/// Returns whether the lines of a target and level are free of secrets. The docs of the crate advise against ureq's
/// TRACE, which shows the bytes of the wire.
pub fn is_free_of_secrets(metadata: &log::Metadata<'_>) -> bool {
    !(metadata.level() == Level::Trace && metadata.target().starts_with("ureq"))
}
