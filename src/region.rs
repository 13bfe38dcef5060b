//! The region of an organisation. Invariant: a text that only looks like a region of the vendor never becomes
//! a custom region, so a typing error sends no secret to an unknown host.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::Error;
use crate::http;
use crate::serde_util::borrowed_str;

/// The region of an organisation: the hosts of its API and of its sign-in.
///
/// There is a constant for each of the vendor's 18 regions. [`Region::custom`] is for gateways, tests, and
/// regions that are newer than this version of the crate.
///
/// `FromStr` reads the vendor's names and URLs. Text with `://` is a custom region: one URL for API and
/// sign-in, or two, separated by a blank. `Display` writes text that `FromStr` reads as the same region, and
/// serde uses that text. An exception is a custom region with an unknown host under a domain of the vendor:
/// `FromStr` takes it for a typing error.
///
/// ```
/// use genesys_journey::Region;
///
/// let region: Region = "eu-west-1".parse()?;
/// assert_eq!(region, Region::EU_WEST_1);
/// assert_eq!("https://api.mypurecloud.ie/".parse::<Region>()?, Region::EU_WEST_1);
/// assert_eq!(region.api_url(), "https://api.mypurecloud.ie");
/// assert_eq!(region.login_url(), "https://login.mypurecloud.ie");
/// assert_eq!(region.to_string(), "eu_west_1");
///
/// let gateway: Region = "https://gateway.example.com/api https://gateway.example.com/login".parse()?;
/// assert_eq!(gateway.login_url(), "https://gateway.example.com/login");
/// assert_eq!(gateway.to_string().parse::<Region>()?, gateway);
///
/// // An unknown host under a domain of the vendor is an error.
/// assert!("https://api.euw9.pure.cloud".parse::<Region>().is_err());
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Region(Place);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Place {
    Known { name: &'static str, domain: &'static str },
    Custom { api: String, login: String },
}

const fn known(name: &'static str, domain: &'static str) -> Region {
    Region(Place::Known { name, domain })
}

impl Region {
    /// Americas (US East): `us_east_1`, mypurecloud.com.
    pub const US_EAST_1: Region = known("us_east_1", "mypurecloud.com");
    /// Americas (US East 2, FedRAMP): `us_east_2`, use2.us-gov-pure.cloud.
    pub const US_EAST_2: Region = known("us_east_2", "use2.us-gov-pure.cloud");
    /// Americas (US West): `us_west_2`, usw2.pure.cloud.
    pub const US_WEST_2: Region = known("us_west_2", "usw2.pure.cloud");
    /// Americas (Canada): `ca_central_1`, cac1.pure.cloud.
    pub const CA_CENTRAL_1: Region = known("ca_central_1", "cac1.pure.cloud");
    /// Americas (Mexico): `mx_central_1`, mxc1.pure.cloud.
    pub const MX_CENTRAL_1: Region = known("mx_central_1", "mxc1.pure.cloud");
    /// Americas (São Paulo): `sa_east_1`, sae1.pure.cloud.
    pub const SA_EAST_1: Region = known("sa_east_1", "sae1.pure.cloud");
    /// EMEA (Ireland): `eu_west_1`, mypurecloud.ie.
    pub const EU_WEST_1: Region = known("eu_west_1", "mypurecloud.ie");
    /// EMEA (London): `eu_west_2`, euw2.pure.cloud.
    pub const EU_WEST_2: Region = known("eu_west_2", "euw2.pure.cloud");
    /// EMEA (Frankfurt): `eu_central_1`, mypurecloud.de.
    pub const EU_CENTRAL_1: Region = known("eu_central_1", "mypurecloud.de");
    /// EMEA (Zurich): `eu_central_2`, euc2.pure.cloud.
    pub const EU_CENTRAL_2: Region = known("eu_central_2", "euc2.pure.cloud");
    /// EMEA (EU sovereign): `eusc_de_east_1`, edee1.eusc-pure.cloud.
    pub const EUSC_DE_EAST_1: Region = known("eusc_de_east_1", "edee1.eusc-pure.cloud");
    /// EMEA (UAE): `me_central_1`, mec1.pure.cloud.
    pub const ME_CENTRAL_1: Region = known("me_central_1", "mec1.pure.cloud");
    /// Asia Pacific (Mumbai): `ap_south_1`, aps1.pure.cloud.
    pub const AP_SOUTH_1: Region = known("ap_south_1", "aps1.pure.cloud");
    /// Asia Pacific (Singapore): `ap_southeast_1`, apse1.pure.cloud.
    pub const AP_SOUTHEAST_1: Region = known("ap_southeast_1", "apse1.pure.cloud");
    /// Asia Pacific (Sydney): `ap_southeast_2`, mypurecloud.com.au.
    pub const AP_SOUTHEAST_2: Region = known("ap_southeast_2", "mypurecloud.com.au");
    /// Asia Pacific (Tokyo): `ap_northeast_1`, mypurecloud.jp.
    pub const AP_NORTHEAST_1: Region = known("ap_northeast_1", "mypurecloud.jp");
    /// Asia Pacific (Seoul): `ap_northeast_2`, apne2.pure.cloud.
    pub const AP_NORTHEAST_2: Region = known("ap_northeast_2", "apne2.pure.cloud");
    /// Asia Pacific (Osaka): `ap_northeast_3`, apne3.pure.cloud.
    pub const AP_NORTHEAST_3: Region = known("ap_northeast_3", "apne3.pure.cloud");

    /// All regions of the vendor.
    pub const ALL: &'static [Region] = &[
        Region::US_EAST_1,
        Region::US_EAST_2,
        Region::US_WEST_2,
        Region::CA_CENTRAL_1,
        Region::MX_CENTRAL_1,
        Region::SA_EAST_1,
        Region::EU_WEST_1,
        Region::EU_WEST_2,
        Region::EU_CENTRAL_1,
        Region::EU_CENTRAL_2,
        Region::EUSC_DE_EAST_1,
        Region::ME_CENTRAL_1,
        Region::AP_SOUTH_1,
        Region::AP_SOUTHEAST_1,
        Region::AP_SOUTHEAST_2,
        Region::AP_NORTHEAST_1,
        Region::AP_NORTHEAST_2,
        Region::AP_NORTHEAST_3,
    ];

    /// Returns a region with these base URLs of the API and of the sign-in, which may have a path prefix.
    ///
    /// Plain `http` is accepted for loopback hosts only, so that no token is sent in clear text. The URLs of a
    /// region of the vendor give that region. Unlike `FromStr`, this accepts any host.
    ///
    /// ```
    /// use genesys_journey::Region;
    ///
    /// let region = Region::custom("https://gateway.example.com/genesys", "https://gateway.example.com/login")?;
    /// assert_eq!(region.api_url(), "https://gateway.example.com/genesys");
    /// assert!(Region::custom("http://gateway.example.com", "http://gateway.example.com").is_err());
    /// # Ok::<(), genesys_journey::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Input` if a URL is malformed, has a user, a query or a fragment, or is plain `http` to a host other than
    /// this machine.
    pub fn custom(api_url: &str, login_url: &str) -> Result<Region, Error> {
        http::Base::parse("api_url", api_url)?;
        http::Base::parse("login_url", login_url)?;
        let (api, login) = (api_url.trim_end_matches('/'), login_url.trim_end_matches('/'));
        let known = Region::ALL.iter().find(|region| region.api_url() == api && region.login_url() == login);
        let custom = || Region(Place::Custom { api: api.to_owned(), login: login.to_owned() });
        Ok(known.cloned().unwrap_or_else(custom))
    }

    /// Returns the base URL of the API, without a slash at its end.
    #[must_use]
    pub fn api_url(&self) -> String {
        match &self.0 {
            Place::Known { domain, .. } => format!("https://api.{domain}"),
            Place::Custom { api, .. } => api.clone(),
        }
    }

    /// Returns the base URL of the sign-in, without a slash at its end.
    #[must_use]
    pub fn login_url(&self) -> String {
        match &self.0 {
            Place::Known { domain, .. } => format!("https://login.{domain}"),
            Place::Custom { login, .. } => login.clone(),
        }
    }

    /// Returns the vendor's name of the region, or the API URL of a custom region.
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.0 {
            Place::Known { name, .. } => name,
            Place::Custom { api, .. } => api,
        }
    }

    /// Returns the region of the vendor with this name.
    fn with_name(name: &str) -> Option<Region> {
        let name = name.replace('-', "_");
        Region::ALL.iter().find(|region| region.name().eq_ignore_ascii_case(&name)).cloned()
    }

    /// Returns the region of the vendor with this host, or with this domain.
    fn with_host(host: &str) -> Option<Region> {
        let host = host.to_ascii_lowercase();
        let domain = ["api.", "login.", "apps."].iter().find_map(|prefix| host.strip_prefix(prefix)).unwrap_or(&host);
        let has_domain = |region: &&Region| matches!(region.0, Place::Known { domain: known, .. } if known == domain);
        Region::ALL.iter().find(has_domain).cloned()
    }

    /// Returns the region with this name, host or URL.
    fn from_one(text: &str) -> Result<Region, Error> {
        let Some((scheme, rest)) = text.split_once("://") else {
            let region = Region::with_name(text).or_else(|| Region::with_host(first_segment(text)));
            return region.ok_or_else(|| unknown(text));
        };
        let known = Region::with_host(first_segment(rest)).filter(|_| scheme.eq_ignore_ascii_case("https"));
        known.map_or_else(|| Region::custom_checked(text, text), Ok)
    }

    /// Returns a custom region, unless a host under a domain of the vendor is not known.
    fn custom_checked(api_url: &str, login_url: &str) -> Result<Region, Error> {
        for url in [api_url, login_url] {
            let host = url.split_once("://").map(|(_, rest)| first_segment(rest));
            if !host.is_some_and(|host| !is_vendors(host) || Region::with_host(host).is_some()) {
                return Err(unknown(url));
            }
        }
        Region::custom(api_url, login_url)
    }
}

fn first_segment(path: &str) -> &str {
    path.split('/').next().unwrap_or_default()
}

/// Returns whether a host is under a domain of the vendor, or has a typing error in its top-level domain.
fn is_vendors(host: &str) -> bool {
    const DOMAINS: [&str; 3] = ["pure.cloud", "us-gov-pure.cloud", "eusc-pure.cloud"];
    let host = host.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let host = host.trim_end_matches('.');
    let is_under = |domain: &str| host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    host.split('.').any(|label| label == "mypurecloud") || DOMAINS.into_iter().any(is_under)
}

fn unknown(text: &str) -> Error {
    let names: Vec<&str> = Region::ALL.iter().map(Region::name).collect();
    // The part before an @ may be a password.
    let shown = if text.contains('@') { "" } else { text };
    let problem = format!("{shown:?} is not known; expected one of {}, or the URL of a gateway", names.join(", "));
    Error::input("region", problem)
}

impl FromStr for Region {
    type Err = Error;

    /// Parses `eu_west_1`, `eu-west-1`, `EU_WEST_1`, `mypurecloud.ie`, `api.mypurecloud.ie` or its URL; or the
    /// URLs of a custom region, `<url>` or `<api_url> <login_url>`.
    ///
    /// # Errors
    /// `Input` if a name or a host under a domain of the vendor is not known; for URLs those of
    /// [`Region::custom`].
    fn from_str(text: &str) -> Result<Region, Error> {
        let mut parts = text.split_ascii_whitespace();
        match (parts.next(), parts.next(), parts.next()) {
            (Some(text), None, None) => Region::from_one(text),
            (Some(api_url), Some(login_url), None) => Region::custom_checked(api_url, login_url),
            _ => Err(unknown(text)),
        }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Known { name, .. } => f.pad(name),
            // Written as one URL, this custom region would be read as a region of the vendor.
            Place::Custom { api, .. } if api.parse().is_ok_and(|region: Region| region == *self) => f.pad(api),
            Place::Custom { api, login } => f.pad(&format!("{api} {login}")),
        }
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Region({self})")
    }
}

/// Writes the text of `Display`.
impl Serialize for Region {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Reads any text that `FromStr` reads.
impl<'de> Deserialize<'de> for Region {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        borrowed_str(deserializer, Region::from_str)?.map_err(serde::de::Error::custom)
    }
}
