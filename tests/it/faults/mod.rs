//! Faults of the service and of the way to it, one module for each kind.

mod connection;
mod pagination;
mod rate;
mod responses;
mod sign_in;
