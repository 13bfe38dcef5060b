//! The vocabulary of visitors: sessions, devices, pages, campaigns. Shared by the families that report about visitors.
//!
//! Most of it is personal data. The crate never prints it: see [`Error`](crate::Error).

mod device;
mod origin;

pub use device::{App, Attribute, Device, DeviceCategory, NetworkConnectivity, SdkLibrary};
pub use origin::{Campaign, Geolocation, Referrer, ReferrerMedium};
