//! Where an organisation lives.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;
use crate::http;

/// The region of an organisation: the hosts of its API and of its sign-in.
///
/// A constant for each of the vendor's 18 regions, [`Region::custom`] for gateways and tests, and `FromStr`
/// for what people have in their environment:
///
/// ```
/// use genesys_journey::Region;
///
/// let region: Region = "eu-west-1".parse()?;
/// assert_eq!(region, Region::EU_WEST_1);
/// assert_eq!("https://api.mypurecloud.ie/".parse::<Region>()?, Region::EU_WEST_1);
/// assert_eq!(region.api_url(), "https://api.mypurecloud.ie");
/// assert_eq!(region.login_url(), "https://login.mypurecloud.ie");
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Region(Place);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Place {
    Known { name: &'static str, domain: &'static str },
    At { api: String, login: String },
}

/// The constants, their list and their docs from one line each, in the vendor's order.
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
    pub const ALL: [Region; 18] = [
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

    /// A gateway or a test server: the base URLs of the API and of the sign-in, with a path prefix if
    /// there is one. `https`, or `http` for a loopback host, so that no token leaves in clear.
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
    /// `Input` where a URL is none, has a user, a query or a fragment, or is plain `http` to another
    /// host than this machine.
    pub fn custom(api_url: &str, login_url: &str) -> Result<Region, Error> {
        http::Base::parse("api_url", api_url)?;
        http::Base::parse("login_url", login_url)?;
        let own = |url: &str| url.trim_end_matches('/').to_owned();
        Ok(Region(Place::At { api: own(api_url), login: own(login_url) }))
    }

    /// The base URL of the API, without a slash at its end.
    pub fn api_url(&self) -> String {
        match &self.0 {
            Place::Known { domain, .. } => format!("https://api.{domain}"),
            Place::At { api, .. } => api.clone(),
        }
    }

    /// The base URL of the sign-in, without a slash at its end.
    pub fn login_url(&self) -> String {
        match &self.0 {
            Place::Known { domain, .. } => format!("https://login.{domain}"),
            Place::At { login, .. } => login.clone(),
        }
    }

    /// The vendor's name of the region; for [`Region::custom`] the URL of the API.
    pub fn name(&self) -> &str {
        match &self.0 {
            Place::Known { name, .. } => name,
            Place::At { api, .. } => api,
        }
    }
}

impl FromStr for Region {
    type Err = Error;

    /// Takes `eu_west_1`, `eu-west-1`, `EU_WEST_1`, `mypurecloud.ie`, `api.mypurecloud.ie`, or a URL of it.
    fn from_str(text: &str) -> Result<Region, Error> {
        let text = text.trim().to_ascii_lowercase();
        let host = text.strip_prefix("https://").unwrap_or(&text);
        let host = host.split('/').next().unwrap_or_default();
        let domain = ["api.", "login.", "apps."].iter().find_map(|prefix| host.strip_prefix(prefix)).unwrap_or(host);
        let name = host.replace('-', "_");
        let is_it = |region: &Region| match region.0 {
            Place::Known { name: known, domain: at } => known == name || at == domain,
            Place::At { .. } => false,
        };
        Region::ALL.into_iter().find(is_it).ok_or_else(|| {
            let names: Vec<String> = Region::ALL.iter().map(|region| region.name().to_owned()).collect();
            Error::input("region", format_args!("{text:?} is not known; known are {}", names.join(", ")))
        })
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Region({})", self.name())
    }
}
