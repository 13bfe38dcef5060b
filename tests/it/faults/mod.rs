//! Faults of the service and of the way to it, one module for each kind.

mod connection;
mod cut;
mod limits;
mod pagination;
mod rate;
mod responses;
mod reuse;
mod sign_in;
mod table;
