//! What the benches share: a server that is never the bottleneck, the same work by several hands, and
//! the ways to watch a process that does it.
//!
//! Each measurement is of a process of its own ([`work`]), against a server in the process of the bench:
//! so the server is never counted.

pub mod baseline;
pub mod measure;
pub mod server;
pub mod work;
