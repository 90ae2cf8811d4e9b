//! What is spoken on each socket, as the manager keeps it for the workers that it forks.

use super::Speaks;
use highper_http::Settings;

/// The settings of all services.
pub(crate) struct Spoken {
    /// Those of the first HTTP service.
    pub(super) settings: Settings,
    /// For each socket its number among the ports, and what is spoken there; `None` for the first HTTP service.
    pub(super) sockets: Vec<(usize, Option<Speaks>)>,
}

impl Spoken {
    /// Reads certificates and keys anew. Where that fails those of before stay: what to tell of it.
    pub(crate) fn renew(&mut self) -> Vec<String> {
        let first = self.settings.tls.as_mut();
        let others = self
            .sockets
            .iter_mut()
            .filter_map(|(_, speaks)| match speaks {
                Some(Speaks::Http(settings)) => settings.tls.as_mut(),
                Some(Speaks::Streams(settings)) => settings.tls.as_mut(),
                Some(Speaks::Datagrams(_)) | None => None,
            });
        let mut problems = Vec::new();
        for context in first.into_iter().chain(others) {
            match context.renewed() {
                Ok(renewed) => *context = renewed,
                Err(error) => problems.push(format!(
                    "the certificates of before stay, new ones can't be used: {error}"
                )),
            }
        }
        problems
    }
}
