//! Signs a person in by authorization code, on the terminal, and lists the segments that they may see.
//!
//! `GENESYSCLOUD_REGION`, `GENESYSCLOUD_OAUTHCLIENT_ID`, `GENESYSCLOUD_OAUTHCLIENT_SECRET` and
//! `REDIRECT_URI` say for which OAuth client. Without the first it runs on a stand-in of the service, in
//! this process, where any input signs in.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{BufRead, Write};
use std::process::ExitCode;

use genesys_journey::auth::{AuthorizeUrl, Grant};
use genesys_journey::{Config, Region, segments};
use genesys_stand_in::{CLIENT_ID, CLIENT_SECRET, CODE, REDIRECT_URI, StandIn};

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    if std::env::args().len() > 1 {
        println!(
            "usage: sign_in\n\nSigns in by authorization code. Takes GENESYSCLOUD_REGION, GENESYSCLOUD_OAUTHCLIENT_ID,\n\
             GENESYSCLOUD_OAUTHCLIENT_SECRET and REDIRECT_URI (one of the client's) from the environment;\n\
             without GENESYSCLOUD_REGION it runs on a stand-in of the service."
        );
        return ExitCode::SUCCESS;
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sign_in: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    let Ok(region) = std::env::var("GENESYSCLOUD_REGION") else {
        let service = StandIn::start();
        service.seed_segments(3);
        eprintln!("No GENESYSCLOUD_REGION: running on a stand-in; press Enter to sign in.");
        let region = Region::at(&service.url(), &service.url())?;
        return sign_in(region, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, Some(CODE));
    };
    let variable = |name: &str| std::env::var(name).map_err(|_| format!("{name} is not set"));
    let (id, secret) = (variable("GENESYSCLOUD_OAUTHCLIENT_ID")?, variable("GENESYSCLOUD_OAUTHCLIENT_SECRET")?);
    sign_in(region.parse()?, &id, &secret, &variable("REDIRECT_URI")?, None)
}

fn sign_in(region: Region, id: &str, secret: &str, redirect_uri: &str, code: Option<&str>) -> Result<(), Failure> {
    // Must come back with the code, else somebody else started the sign-in; so it is hard to guess.
    let state = format!("{:016x}", RandomState::new().build_hasher().finish());
    let page = AuthorizeUrl { state: Some(state), ..AuthorizeUrl::new(id, redirect_uri) };
    println!(
        "Open this page, sign in, and copy `code` from the address that you are sent to:\n\n  {}\n",
        page.at(&region)?
    );
    print!("code: ");
    std::io::stdout().flush()?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    let code = code.unwrap_or(line.trim());

    let config = Config::builder(region)
        // Here a program would keep it, so that the person need not sign in again.
        .on_refresh_token(|token| eprintln!("(a refresh token of {} characters was given)", token.len()))
        .sign_in(Grant::authorization_code(id, secret, redirect_uri, code))?;
    println!("Signed in. Segments:");
    for segment in segments::list_all(&config, &Default::default()) {
        println!("  {}", segment?.display_name);
    }
    Ok(())
}
