//! Signs a person in by authorization code, on the terminal, and lists the segments that the person may see.
//!
//! Needs `GENESYSCLOUD_REGION`, `GENESYSCLOUD_OAUTHCLIENT_ID`, `GENESYSCLOUD_OAUTHCLIENT_SECRET` and `REDIRECT_URI`.

use std::error::Error;

use genesys_journey::auth::{AuthorizeUrl, Grant};
use genesys_journey::{Config, Region, segments};

fn main() -> Result<(), Box<dyn Error>> {
    let variable = |name: &str| std::env::var(name).map_err(|_| format!("{name} is not set"));
    let (id, secret) = (variable("GENESYSCLOUD_OAUTHCLIENT_ID")?, variable("GENESYSCLOUD_OAUTHCLIENT_SECRET")?);
    let redirect_uri = variable("REDIRECT_URI")?;
    let region = Region::from_env()?;

    println!("Open this page, sign in, and copy `code` from the address that the page redirects to:\n");
    println!("  {}\n", AuthorizeUrl::new(&id, &redirect_uri).url(&region)?);
    let mut code = String::new();
    std::io::stdin().read_line(&mut code)?;

    let grant = Grant::authorization_code(id, secret, redirect_uri, code.trim());
    let config = Config::builder(region)
        // A program would store the token, so that the person need not sign in again.
        .on_refresh_token(|token| println!("a refresh token of {} characters was issued", token.len()))
        .sign_in(grant)?;
    for segment in segments::list_all(&config, &Default::default()) {
        println!("{}", segment?.display_name);
    }
    Ok(())
}
