//! Timeouts and connection limits: the error names the limit, and each limit ends everything within it.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use genesys_journey::{Config, ErrorKind, Region};

use crate::child;
use genesys_listener::calls::*;
use genesys_listener::{Listener, Scripted};

/// Starts a proxy that sends its response one byte at a time and never opens a tunnel.
fn dripping_proxy() -> String {
    let accepting = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", accepting.local_addr().unwrap());
    // Ends with the process: it waits for connections that no longer come.
    std::thread::spawn(move || {
        for mut client in accepting.incoming().map_while(Result::ok) {
            std::thread::spawn(move || {
                let _ = client.read(&mut [0; 4096]);
                let mut byte = b"HTTP/1.1 200 OK\r\nX: ".as_slice();
                while client.write_all(byte).is_ok() {
                    byte = b"x";
                    std::thread::sleep(Duration::from_millis(20));
                }
            });
        }
    });
    url
}

#[test]
fn a_proxy_that_drips_its_response_does_not_outlast_a_limit() {
    let limits = [
        ("connect timeout", TIMEOUT, LONG_TIMEOUT, LONG_TIMEOUT),
        ("attempt timeout", LONG_TIMEOUT, TIMEOUT, LONG_TIMEOUT),
        ("call timeout", LONG_TIMEOUT, LONG_TIMEOUT, TIMEOUT),
    ];
    at_once(limits, |(name, connect, attempt, call)| {
        for op in [Op::Get, Op::Create] {
            let settings = settings("http://127.0.0.1:1").proxy(dripping_proxy()).max_attempts(1);
            let config =
                settings.connect_timeout(connect).attempt_timeout(attempt).call_timeout(call).token(TOKEN).unwrap();
            let error = timed(op, &config, TIMEOUT).0.unwrap_err();
            assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Timeout, false), "{name}: {error}");
            assert!(error.to_string().contains(&format!("timed out after 300 ms ({name})")), "{name}: {error}");
        }
    });
}

#[test]
fn the_message_of_a_timeout_names_the_limit_and_its_value() {
    let limits = [
        ("attempt timeout", "300 ms", TIMEOUT, LONG_TIMEOUT, None),
        ("call timeout", "1 s", LONG_TIMEOUT, Duration::from_secs(1), None),
        ("attempt timeout", "1.2 s", Duration::from_millis(1200), LONG_TIMEOUT, None),
        ("deadline", "", LONG_TIMEOUT, LONG_TIMEOUT, Some(Duration::from_millis(400))),
    ];
    at_once(limits, |(name, value, attempt, call, deadline)| {
        for scripted in
            [Scripted::Silent, Scripted::RawThenSilent(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{".into())]
        {
            let listener = Listener::scripted([scripted]);
            let settings = settings(&listener.url()).max_attempts(1).connect_timeout(LONG_TIMEOUT);
            let config = settings.attempt_timeout(attempt).call_timeout(call).token(TOKEN).unwrap();
            let config = deadline.map_or(config.clone(), |left| config.with_deadline(Instant::now() + left));
            let error = Op::Get.call(&config).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Timeout, "{name}: {error}");
            let text = error.to_string();
            assert!(
                text.contains(&format!("timed out after {value}")) && text.contains(&format!("({name})")),
                "{text}"
            );
        }
    });
}

#[test]
fn a_port_above_65535_is_refused_at_build() {
    for port in ["65536", "99999", "184467440737095516160", "0"] {
        let url = format!("https://gateway.example:{port}");
        for (api, login) in [(url.as_str(), "https://a.example"), ("https://a.example", &url)] {
            let error = Region::custom(api, login).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Input, "{error}");
            assert!(error.to_string().contains("port"), "{error}");
        }
        for proxy in [format!("http://proxy.example:{port}"), format!("http://user:sesame@proxy.example:{port}/")] {
            let error = Config::builder(Region::EU_WEST_1).proxy(proxy).token(TOKEN).unwrap_err();
            assert_eq!((error.kind(), error.field()), (ErrorKind::Input, Some("proxy")), "{error}");
            assert!(error.to_string().contains("port") && !error.to_string().contains("sesame"), "{error}");
        }
    }
    for url in ["https://gateway.example:65535", "https://[::1]:443", "https://[::1]"] {
        Region::custom(url, url).unwrap();
        Config::builder(Region::EU_WEST_1).proxy(url).token(TOKEN).unwrap();
    }
}

#[test]
fn an_early_response_to_a_large_request_is_read() {
    use genesys_journey::segments::{self, NewSegment};

    let segment = NewSegment { description: Some("x".repeat(8 << 20)), ..NewSegment::new("VIP") };
    let refusal = Scripted::json(413, r#"{"message":"too large","code":"too.large"}"#);
    let listener = Listener::scripted([refusal.then_close().before_body()]);
    let settings = settings(&listener.url())
        .attempt_timeout(LONG_TIMEOUT)
        .connect_timeout(LONG_TIMEOUT)
        .call_timeout(LONG_TIMEOUT);
    let error = segments::create(&settings.token(TOKEN).unwrap(), &segment).unwrap_err();
    assert_eq!((error.status(), error.outcome_unknown()), (Some(413), false), "{error}");
}

/// The child process limits its memory, so that no thread can be started.
#[test]
#[cfg(target_os = "linux")]
fn a_lookup_without_a_thread_is_an_error() {
    use std::process::Command;

    const CHILD: &str = "LIMITS_OF_A_CHILD";
    let name = "a_lookup_without_a_thread_is_an_error";
    if let Ok(url) = std::env::var(CHILD) {
        let config = settings(&url)
            .max_attempts(1)
            .attempt_timeout(LONG_TIMEOUT)
            .connect_timeout(LONG_TIMEOUT)
            .token(TOKEN)
            .unwrap();
        let limit = |bytes: &str| {
            let process = std::process::id().to_string();
            let status = Command::new("prlimit").args(["--pid", &process, &format!("--as={bytes}:")]).status().unwrap();
            assert!(status.success());
        };
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let used = status.lines().find_map(|line| line.strip_prefix("VmSize:")).unwrap();
        let used: u64 = used.trim().trim_end_matches(" kB").parse().unwrap();
        limit(&(used * 1024 + (1 << 20)).to_string());
        let limited = Op::Create.call(&config);
        limit("unlimited");
        let error = limited.unwrap_err();
        assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Transport, false), "{error}");
        Op::Create.call(&config).unwrap();
        return;
    }
    let listener = Listener::responding(success_for);
    let url = listener.url().replace("127.0.0.1", "localhost");
    let child = child::command(&format!("{}::{name}", module_path!()))
        .arg("--test-threads=1")
        .env(CHILD, url)
        .output()
        .unwrap();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
    assert_eq!(listener.count(), 1);
}

/// The child process uses up its file descriptors.
#[test]
#[cfg(target_os = "linux")]
fn a_call_without_a_descriptor_is_an_error() {
    use std::fs::File;
    use std::process::Command;

    const CHILD: &str = "DESCRIPTORS_OF_A_CHILD";
    let name = "a_call_without_a_descriptor_is_an_error";
    if let Ok(url) = std::env::var(CHILD) {
        let process = std::process::id().to_string();
        assert!(Command::new("prlimit").args(["--pid", &process, "--nofile=64:"]).status().unwrap().success());
        for url in [url.clone(), url.replace("127.0.0.1", "localhost")] {
            let settings = settings(&url).max_attempts(1).attempt_timeout(LONG_TIMEOUT).connect_timeout(LONG_TIMEOUT);
            let config = settings.token(TOKEN).unwrap();
            let open: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
            let results = ALL.map(|op| op.call(&config));
            drop(open);
            for error in results.map(Result::unwrap_err) {
                assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Transport, false), "{error}");
            }
            ALL.into_iter().for_each(|op| op.call(&config).unwrap());
        }
        return;
    }
    let listener = Listener::responding(success_for);
    let child = child::command(&format!("{}::{name}", module_path!()))
        .arg("--test-threads=1")
        .env(CHILD, listener.url())
        .output()
        .unwrap();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
    assert_eq!(listener.count(), 2 * ALL.len());
}

/// On Linux, a socket that waits with a timeout is interrupted if its process is stopped and continued.
#[test]
#[cfg(target_os = "linux")]
fn a_call_that_a_signal_interrupts_is_completed() {
    use std::process::Command;
    use std::sync::{Mutex, mpsc};

    const CHILD: &str = "SIGNALS_TO_A_CHILD";
    let name = "a_call_that_a_signal_interrupts_is_completed";
    if let Ok(url) = std::env::var(CHILD) {
        let settings = settings(&url).max_attempts(1).attempt_timeout(LONG_TIMEOUT).call_timeout(LONG_TIMEOUT);
        let config = settings.token(TOKEN).unwrap();
        ALL.into_iter().for_each(|op| op.call(&config).unwrap_or_else(|error| panic!("{op:?}: {error}")));
        return;
    }
    let ((arrived, arrivals), (go_on, may_go_on)) = (mpsc::channel(), mpsc::channel());
    let may_go_on = Mutex::new(may_go_on);
    let listener = Listener::responding(move |request| {
        arrived.send(()).unwrap();
        may_go_on.lock().unwrap().recv().unwrap();
        success_for(request)
    });
    let mut child = child::command(&format!("{}::{name}", module_path!()))
        .arg("--test-threads=1")
        .env(CHILD, listener.url())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let wait_until = |state: fn(char) -> bool| {
        let now =
            || std::fs::read_to_string(&status).unwrap().split_once("State:\t").unwrap().1.chars().next().unwrap();
        while !state(now()) {
            assert_ne!(now(), 'Z', "a call of the child has failed");
            std::thread::sleep(Duration::from_millis(1));
        }
    };
    for _ in ALL {
        arrivals.recv_timeout(LONG_TIMEOUT).unwrap();
        for _ in 0..3 {
            wait_until(|state| state == 'S');
            for (signal, state) in
                [("-STOP", (|state| state == 'T') as fn(char) -> bool), ("-CONT", |state| state != 'T')]
            {
                assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
                wait_until(state);
            }
        }
        go_on.send(()).unwrap();
    }
    assert!(child.wait().unwrap().success());
    assert_eq!(listener.count(), ALL.len());
}

#[test]
fn a_target_too_long_for_the_gateway_is_refused() {
    use genesys_journey::segments;

    let listener = Listener::responding(success_for);
    let region = |prefix: usize| Region::custom(&format!("{}/{}", listener.url(), "p".repeat(prefix)), &listener.url());
    let config = Config::builder(region(3_900).unwrap()).token(TOKEN).unwrap();
    segments::get(&config, &"7".repeat(4_000)).unwrap();
    for length in [4_100, 7_000] {
        let error = segments::get(&config, &"7".repeat(length)).unwrap_err();
        assert_eq!((error.kind(), error.attempts(), error.outcome_unknown()), (ErrorKind::Input, 0, false), "{error}");
        assert!(error.to_string().contains("is longer than 8000 bytes, with the path of the gateway"), "{error}");
    }
    assert_eq!(listener.count(), 1);
    let error = region(4_100).unwrap_err();
    assert!(error.kind() == ErrorKind::Input && error.to_string().contains("4000 bytes"), "{error}");
}

/// No server has this address, so an attempt would be visible.
#[test]
#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
fn https_without_a_tls_feature_is_one_attempt() {
    at_once(ALL, |op| {
        let error = op.call(&settings("https://127.0.0.1:1").token(TOKEN).unwrap()).unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transport, 1), "{op:?}: {error}");
        assert!(!error.outcome_unknown() && !error.is_transient(), "{op:?}: {error}");
        assert!(error.to_string().contains("turn on feature rustls or native-tls"), "{op:?}: {error}");
    });
}
