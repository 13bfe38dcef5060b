//! The parts that the benches share: a server that is never the bottleneck, the measured tasks, and the ways to
//! measure a process.
//!
//! Each measurement is of a process of its own, against a server in the process of the bench, which is therefore
//! not measured.

pub mod measure;
pub mod server;
pub mod work;
