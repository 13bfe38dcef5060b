//! A stand-in of the service for programs of one's own, until it is stopped.

use std::io::Read;

use genesys_stand_in::{CLIENT_ID, CLIENT_SECRET, StandIn};

const HELP: &str = "\
usage: stand_in

An organisation with 250 segments, two action targets, and aggregates, on loopback. Give the lines that
it prints to another shell, and programs there that read their environment (`Config::from_env`) are
served by it. It is over with the end of its standard input (Ctrl-D, Ctrl-C).
";

fn main() {
    if std::env::args_os().len() > 1 {
        print!("{HELP}");
        return;
    }
    let service = StandIn::start();
    service.seed_segments(250);
    println!("export GENESYSCLOUD_GATEWAY_URL={}", service.url());
    println!("export GENESYSCLOUD_OAUTHCLIENT_ID='{CLIENT_ID}' GENESYSCLOUD_OAUTHCLIENT_SECRET='{CLIENT_SECRET}'");
    _ = std::io::stdin().read_to_end(&mut Vec::new());
}
