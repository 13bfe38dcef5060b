//! `journey sign-in`: signs a person in by authorization code, on the terminal.

use std::fs;
use std::io::{self, BufRead, ErrorKind, Write};
use std::path::{Path, PathBuf};

use genesys_journey::auth::{AuthorizeUrl, Grant};
use genesys_journey::segments::Segment;
use genesys_journey::{Config, Region};
use genesys_stand_in::{CLIENT_ID, CLIENT_SECRET, CODE, REDIRECT_URI, region};
use percent_encoding::percent_decode_str;
use serde_json::json;

use crate::connect::{Access, Connection, demo, missing};
use crate::exit::{Failure, Status, say};
use crate::organisation;
use crate::output::{Output, OutputArgs};
use crate::records::Records;

/// Sign a person in by authorization code, and list the segments that the person may see
///
/// Prints the address of the sign-in page, and reads the address that the page redirects to, or its code, from
/// standard input.
#[derive(clap::Args)]
#[command(after_help = "\
Environment:
  GENESYSCLOUD_REGION              the region of the organisation, such as eu_west_1
  GENESYSCLOUD_OAUTHCLIENT_ID      an OAuth client with the code authorization grant
  GENESYSCLOUD_OAUTHCLIENT_SECRET  and its secret

Example for cron, after a first run on a terminal has written the file:
  0 7 * * *  journey sign-in --refresh-token ~/.journey.refresh --format csv --output /srv/my-segments.csv")]
pub struct Args {
    /// One of the redirect URIs of the OAuth client
    #[arg(long, value_name = "URI")]
    redirect_uri: Option<String>,
    /// Keep the refresh token in this file (mode 0600), so that later runs need no person
    #[arg(long, value_name = "FILE")]
    refresh_token: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    connection: Connection,
}

struct Client {
    region: Region,
    id: String,
    secret: String,
    redirect_uri: Option<String>,
    /// The code of a stand-in.
    code: Option<&'static str>,
}

pub fn run(args: &Args) -> Result<Status, Failure> {
    args.connection.verbosity.start_logging();
    let output = Output::open(args.output.file.output.as_deref())?;
    let stand_in = args.connection.demo.then(demo);
    let client = match &stand_in {
        None => client_of_env(args)?,
        Some(stand_in) => Client {
            region: region!(stand_in),
            id: CLIENT_ID.to_owned(),
            secret: CLIENT_SECRET.to_owned(),
            redirect_uri: Some(REDIRECT_URI.to_owned()),
            code: Some(CODE),
        },
    };
    let config = sign_in(args, client)?;
    let mut records = Records::new(output, args.output.format, vec!["segment_id".to_owned(), "segment".to_owned()])?;
    for segment in organisation::list::<Segment>(&args.connection, &config)? {
        records.write(vec![json!(segment.id), json!(segment.display_name)])?;
    }
    records.commit()?;
    Ok(Status::Done)
}

fn client_of_env(args: &Args) -> Result<Client, Failure> {
    let variable = |name: &str| match std::env::var(name) {
        Ok(value) if !value.trim().is_empty() => Ok(value.trim().to_owned()),
        _ => {
            Err(Failure::attention(format_args!("{name} is not set (to try the program without credentials: --demo)")))
        }
    };
    Ok(Client {
        region: Region::from_env().map_err(missing)?,
        id: variable("GENESYSCLOUD_OAUTHCLIENT_ID")?,
        secret: variable("GENESYSCLOUD_OAUTHCLIENT_SECRET")?,
        redirect_uri: args.redirect_uri.clone(),
        code: None,
    })
}

fn sign_in(args: &Args, client: Client) -> Result<Config, Failure> {
    let grant = match args.refresh_token.as_deref().map(read_token).transpose()?.flatten() {
        Some(token) => Grant::refresh_token(&client.id, &client.secret, token),
        None => {
            let redirect_uri = client.redirect_uri.as_deref();
            let redirect_uri = redirect_uri.ok_or_else(|| Failure::attention("--redirect-uri is missing"))?;
            let code = ask(&client, redirect_uri)?;
            Grant::authorization_code(&client.id, &client.secret, redirect_uri, code)
        }
    };
    let mut builder = args.connection.builder(client.region, "", Access::Read)?;
    if let Some(file) = args.refresh_token.clone() {
        builder = builder.on_refresh_token(move |token| {
            if let Err(error) = keep_token(&file, token) {
                error.report();
            }
        });
    }
    Ok(builder.sign_in(grant)?)
}

/// Sends the person to the sign-in page, and returns the code.
fn ask(client: &Client, redirect_uri: &str) -> Result<String, Failure> {
    // The redirect returns it. Another value belongs to another sign-in.
    let state = format!("{:016x}{:016x}", random()?, random()?);
    let page = AuthorizeUrl { state: Some(state.clone()), ..AuthorizeUrl::new(&client.id, redirect_uri) };
    say(format_args!("Open this page and sign in:\n\n  {}\n", page.url(&client.region)?));
    if let Some(code) = client.code {
        return Ok(code.to_owned());
    }
    _ = write!(io::stderr(), "The address that the page redirects to, or its code: ");
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    code_of(line.trim(), &state)
}

fn random() -> Result<u64, Failure> {
    getrandom::u64().map_err(Failure::attention)
}

/// Returns the code in an address with this state, or the text itself.
fn code_of(text: &str, state: &str) -> Result<String, Failure> {
    let Some((_, query)) = text.split_once('?') else {
        return if text.is_empty() { Err(Failure::attention("no code was given")) } else { Ok(text.to_owned()) };
    };
    let value = |name: &str| {
        let query = query.split('#').next().unwrap_or_default();
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let value = pairs.find(|(key, _)| *key == name)?.1.replace('+', " ");
        Some(percent_decode_str(&value).decode_utf8_lossy().into_owned())
    };
    if value("state").as_deref() != Some(state) {
        return Err(Failure::attention("the address is not of this sign-in: its state is another one"));
    }
    let problem = || value("error").unwrap_or_else(|| "the address has no code".to_owned());
    value("code").ok_or_else(|| Failure::attention(problem()))
}

fn read_token(file: &Path) -> Result<Option<String>, Failure> {
    match fs::read_to_string(file) {
        Ok(token) => Ok(Some(token.trim().to_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::file(file, error)),
    }
}

fn keep_token(file: &Path, token: &str) -> Result<(), Failure> {
    let mut output = Output::open_private(file)?;
    output.write_all(token.as_bytes())?;
    output.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_read_from_the_address_of_this_sign_in() {
        let code = |text: &str| code_of(text, "s1").map_err(|failure| failure.message);
        assert_eq!(code("http://localhost/?code=a%2Fb&state=s1#x").unwrap(), "a/b");
        assert_eq!(code("a/b").unwrap(), "a/b");
        assert!(code("http://localhost/?code=a&state=s2").unwrap_err().contains("state"));
        assert_eq!(code("http://localhost/?error=access_denied&state=s1").unwrap_err(), "access_denied");
        assert_eq!(code("").unwrap_err(), "no code was given");
    }
}
