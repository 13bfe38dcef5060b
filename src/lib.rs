//! x
pub mod action_targets;
pub mod analytics;
pub mod auth;
pub mod criteria;
pub mod raw;
pub mod segments;

mod call;
mod config;
mod date;
mod error;
mod http;
mod lenient;
mod open_enum;
mod pace;
mod page;
mod region;
mod request;
mod retry;
mod tls;
mod update;

pub use crate::config::{Config, ConfigBuilder};
pub use crate::date::Date;
pub use crate::error::{Error, ErrorDetail, ErrorKind, ErrorLimit, Result, ServiceError};
pub use crate::page::{ListAll, Page};
pub use crate::region::Region;
pub use crate::update::Update;
