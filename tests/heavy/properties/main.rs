//! Properties that hold for any value, tried with random ones.

mod bodies;
mod models;
mod responder;
mod responses;
