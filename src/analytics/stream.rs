//! Aggregates as an iterator that reads the response while it is received.

use std::fmt;
use std::iter::FusedIterator;

use super::reader::Containers;
use super::{AggregateQuery, Container, request};
use crate::http::{Body, TransportError};
use crate::request::OpenRequest;
use crate::{Config, Result};

/// Sends a query and returns an iterator over the containers of the response, of any size.
///
/// The iterator holds one container and two buffers of 256 KiB, or of the size of a larger container.
/// [`max_response_bytes`](crate::ConfigBuilder::max_response_bytes) limits each container, not the response.
/// The deadline of the call also bounds the iteration, with the time that the caller spends between two
/// containers. The attempt timeout ends an attempt only before the head of the response.
///
/// **Permission** `analytics:journeyAggregate:view`
///
/// # Errors
/// Those of [`query_aggregates`](super::query_aggregates). The function returns when the first container has
/// been read, and retries until then. Later errors are items of the iterator, and are not retried.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::analytics::{self, AggregateQuery, Interval, Metric};
///
/// let query = AggregateQuery::new(Interval::last_days(30)?, [Metric::NJourneySessions]);
/// let mut sessions = 0;
/// for container in analytics::stream_aggregates(&config, &query)? {
///     sessions += container?.rows().filter_map(|row| row.stats.count).sum::<i64>();
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn stream_aggregates(config: &Config, query: &AggregateQuery) -> Result<ContainerStream> {
    let mut started = None;
    let request = request(query)?.stream(config, &mut |response| {
        let mut containers = Containers::of_body(response.body.detach());
        let first = containers.next()?;
        started = Some((first, containers));
        Ok(())
    })?;
    let (first, containers) = started.map_or((None, None), |(first, containers)| (first, Some(containers)));
    Ok(ContainerStream { first, containers, request })
}

/// An iterator over the containers of an open response, returned by [`stream_aggregates`].
///
/// The iterator ends after the first error. Dropping it early closes the connection.
#[must_use = "the rest of the response is read as the iterator is used"]
pub struct ContainerStream {
    first: Option<Container>,
    /// `None` after the end and after an error.
    containers: Option<Containers<Body>>,
    request: OpenRequest,
}

impl ContainerStream {
    #[inline]
    fn read(&mut self) -> Result<Option<Container>, TransportError> {
        if let Some(first) = self.first.take() {
            return Ok(Some(first));
        }
        self.containers.as_mut().map_or(Ok(None), Containers::next)
    }
}

impl Iterator for ContainerStream {
    type Item = Result<Container>;

    #[inline]
    fn next(&mut self) -> Option<Result<Container>> {
        let item = self.read().map_err(|error| self.request.error(error)).transpose();
        if !matches!(item, Some(Ok(_))) {
            // Frees the connection and the buffer.
            self.containers = None;
        }
        item
    }
}

impl FusedIterator for ContainerStream {}

impl fmt::Debug for ContainerStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContainerStream").field("is_finished", &self.containers.is_none()).finish_non_exhaustive()
    }
}
