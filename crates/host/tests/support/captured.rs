//! What a test logs.

use std::{cell::RefCell, io, sync::Once};

use tracing_subscriber::{
    Layer, filter::dynamic_filter_fn, fmt, layer::SubscriberExt, util::SubscriberInitExt,
};

thread_local! {
    static LOG: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// The log of the thread that has made it, in JSON: a test and its tasks run on one thread.
pub struct Captured(());

impl Captured {
    /// Logs from now on, down to the last detail.
    pub fn start() -> Self {
        // One subscriber for all tests: with one for each, others would mute what they have come by first.
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            let layer = fmt::layer().json().with_writer(|| Here);
            let here = dynamic_filter_fn(|_, _| LOG.with_borrow(Option::is_some));
            tracing_subscriber::registry()
                .with(layer.with_filter(here))
                .init();
        });
        LOG.set(Some(Vec::new()));
        Self(())
    }

    /// All of it.
    pub fn text(&self) -> String {
        let log = LOG.with_borrow(|log| log.clone().unwrap_or_default());
        String::from_utf8(log).unwrap()
    }
}

struct Here;

impl io::Write for Here {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.with_borrow_mut(|log| log.get_or_insert_default().extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
