//! Signs a person in by authorization code, on the terminal, and lists the segments that they may see.

#[macro_use]
mod common;

use std::io::BufRead;
use std::process::ExitCode;

use common::Stop;
use genesys_journey::auth::{AuthorizeUrl, Grant};
use genesys_journey::{Config, Region, segments};
use genesys_stand_in::{CLIENT_ID, CLIENT_SECRET, CODE, REDIRECT_URI, StandIn, region};

const HELP: &str = "\
usage: sign_in

Signs a person in by authorization code, and lists the segments that they may see.

  -h, --help  print this

Exit codes: 0 done; 1 the service or the network failed; 2 somebody has to put something right.

Environment:
  GENESYSCLOUD_REGION              where the organisation lives, such as eu_west_1
  GENESYSCLOUD_OAUTHCLIENT_ID      an OAuth client with the code authorization grant
  GENESYSCLOUD_OAUTHCLIENT_SECRET  its secret
  REDIRECT_URI                     one of those that the client allows
Without a region it runs on a stand-in of the service, in the same process, where any code will do.
";

fn main() -> ExitCode {
    common::main(HELP, run)
}

fn run(mut args: lexopt::Parser) -> Result<ExitCode, Stop> {
    if let Some(arg) = args.next()? {
        return Err(common::other(arg));
    }
    if std::env::var_os("GENESYSCLOUD_REGION").is_none() {
        let service = StandIn::start();
        service.seed_segments(3);
        eprintln!("No GENESYSCLOUD_REGION: running on a stand-in; press Enter to sign in.");
        return sign_in(region!(service), CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, Some(CODE));
    }
    let variable = |name: &str| std::env::var(name).map_err(|_| Stop::wrong(format_args!("{name} is not set")));
    let (id, secret) = (variable("GENESYSCLOUD_OAUTHCLIENT_ID")?, variable("GENESYSCLOUD_OAUTHCLIENT_SECRET")?);
    sign_in(Region::from_env()?, &id, &secret, &variable("REDIRECT_URI")?, None)
}

fn sign_in(region: Region, id: &str, secret: &str, redirect_uri: &str, code: Option<&str>) -> Result<ExitCode, Stop> {
    // The redirect returns it. Another value means that somebody else started the sign-in.
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(Stop::wrong)?;
    let state = format!("{:032x}", u128::from_ne_bytes(random));
    let page = AuthorizeUrl { state: Some(state), ..AuthorizeUrl::new(id, redirect_uri) };
    say!(
        "Open this page, sign in, and copy `code` from the address that you are sent to:\n\n  {}\n",
        page.url(&region)?
    );
    common::print(b"code: ")?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    let code = code.unwrap_or(line.trim());

    let config = Config::builder(region)
        // Here a program would keep it, so that the person need not sign in again.
        .on_refresh_token(|token| eprintln!("(a refresh token of {} characters was given)", token.len()))
        .sign_in(Grant::authorization_code(id, secret, redirect_uri, code))?;
    say!("Signed in. Segments:");
    for segment in segments::list_all(&config, &Default::default()) {
        say!("  {}", segment?.display_name);
    }
    Ok(ExitCode::SUCCESS)
}
