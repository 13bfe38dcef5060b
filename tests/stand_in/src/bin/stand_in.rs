//! Serves an organisation on loopback, for programs in any language.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use genesys_stand_in::{CLIENT_ID, CLIENT_SECRET, StandIn};
use lexopt::prelude::*;

const HELP: &str = "\
usage: stand_in [options]

Serves an organisation on 127.0.0.1, with all operations of the Journey API. It prints two lines for
another shell; programs there that read the GENESYSCLOUD_* variables are served by it.
It ends with its standard input (Ctrl-D), unless --until-killed is given.

  --port N            the port [default: a free one]
  --segments N        the number of segments, at most 500 [default: 250]
  --seed N            another seed makes another organisation [default: 0]
  --limit-rate N      status 429 for more than N requests a minute [default: no limit]
  --lose-responses P  lose each response with probability P, from 0 to 1 [default: 0]
  --lag MS            show each write to reads after MS milliseconds [default: 0]
  --until-killed      do not read standard input; for nohup, CI and services
  -h, --help          print this

Exit codes: 0 done; 1 the port could not be opened; 2 wrong arguments.
";

struct Options {
    port: u16,
    segments: usize,
    seed: u64,
    limit_rate: Option<u32>,
    lose_responses: f64,
    lag: Duration,
    until_killed: bool,
}

fn main() -> ExitCode {
    let options = match options() {
        Ok(Some(options)) => options,
        Ok(None) => {
            _ = io::stdout().write_all(HELP.as_bytes());
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("stand_in: {error} (see --help)");
            return ExitCode::from(2);
        }
    };
    match serve(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("stand_in: port {}: {error}", options.port);
            ExitCode::FAILURE
        }
    }
}

/// Reads the arguments. Returns `None` for `--help`.
fn options() -> Result<Option<Options>, lexopt::Error> {
    let mut options = Options {
        port: 0,
        segments: 250,
        seed: 0,
        limit_rate: None,
        lose_responses: 0.0,
        lag: Duration::ZERO,
        until_killed: false,
    };
    let mut args = lexopt::Parser::from_env();
    while let Some(arg) = args.next()? {
        match arg {
            Long("port") => options.port = args.value()?.parse()?,
            Long("segments") => options.segments = args.value()?.parse()?,
            Long("seed") => options.seed = args.value()?.parse()?,
            Long("limit-rate") => options.limit_rate = Some(args.value()?.parse()?),
            Long("lose-responses") => options.lose_responses = args.value()?.parse()?,
            Long("lag") => options.lag = Duration::from_millis(args.value()?.parse()?),
            Long("until-killed") => options.until_killed = true,
            Short('h') | Long("help") => return Ok(None),
            arg => return Err(arg.unexpected()),
        }
    }
    if options.segments > 500 {
        return Err("--segments: an organisation has at most 500".into());
    }
    if !(0.0..=1.0).contains(&options.lose_responses) {
        return Err("--lose-responses: a probability is from 0 to 1".into());
    }
    Ok(Some(options))
}

fn serve(options: &Options) -> io::Result<()> {
    let service = StandIn::builder().port(options.port).seed(options.seed).start()?;
    service.set_time(SystemTime::now());
    service.seed_segments(options.segments);
    service.faults().lag_time(options.lag).lose_responses_at_random(options.lose_responses);
    if let Some(per_minute) = options.limit_rate {
        service.faults().limit_rate(per_minute);
    }
    let mut stdout = io::stdout();
    // A closed standard output is no error, as for any service.
    _ = writeln!(
        stdout,
        "export GENESYSCLOUD_GATEWAY_URL={}\nexport GENESYSCLOUD_OAUTHCLIENT_ID='{CLIENT_ID}' \
         GENESYSCLOUD_OAUTHCLIENT_SECRET='{CLIENT_SECRET}'",
        service.url()
    );
    _ = stdout.flush();
    if options.until_killed {
        loop {
            std::thread::park();
        }
    }
    io::copy(&mut io::stdin().lock(), &mut io::sink())?;
    Ok(())
}
