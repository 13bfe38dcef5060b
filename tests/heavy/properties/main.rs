//! Properties that hold for any value, tried with random ones.

mod models;
mod responses;
