//! The token cache: one sign-in for many starts, and files and paths with unexpected content.

use std::cell::RefCell;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::SystemTime;

use genesys_journey::auth::Grant;
use genesys_journey::{Config, Error, ErrorKind, Region, Result, segments};
use genesys_stand_in::{
    ASSERTION, CLIENT_ID, CLIENT_SECRET, CODE, FIRST_REFRESH_TOKEN, ORG_NAME, REDIRECT_URI, Response, StandIn, builder,
};
use serde_json::{Value, json};

use crate::child;
use genesys_listener::calls::{Op, RELAXED_TIMEOUT, settings};
use genesys_listener::log_lines::on_line;
use genesys_listener::{Listener, Scripted};

/// The folder of a test, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("genesys-journey-{test}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("token.json")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn start(url: &str, file: &Path) -> Result<Config> {
    let region = Region::custom(url, url).unwrap();
    Config::builder(region).token_cache(file).sign_in(Grant::client_credentials(CLIENT_ID, CLIENT_SECRET))
}

fn seconds_from_now(seconds: u64) -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() + seconds
}

fn works(config: &Config) {
    segments::list(config, &Default::default()).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[track_caller]
fn assert_refused(result: Result<Config>) -> Error {
    let error = result.unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::Input, Some("token_cache")), "{error}");
    error
}

/// A cached file with a change.
fn write(file: &Path, change: impl FnOnce(&mut Value), mode: u32, service: &StandIn) {
    works(&start(&service.url(), file).unwrap());
    let mut entry: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    change(&mut entry);
    fs::write(file, entry.to_string()).unwrap();
    fs::set_permissions(file, fs::Permissions::from_mode(mode)).unwrap();
    service.clear_requests();
}

#[test]
fn the_second_start_signs_in_from_the_file() {
    let (service, folder) = (StandIn::start(), Folder::new("second"));
    works(&start(&service.url(), &folder.file()).unwrap());
    works(&start(&service.url(), &folder.file()).unwrap());
    assert_eq!(service.token_requests(), 1);
    let text = fs::read_to_string(folder.file()).unwrap();
    assert!(!text.contains(CLIENT_SECRET) && text.contains("stand-in-access-1"), "{text}");
    assert_eq!(mode(&folder.file()), 0o600);
    assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 1, "no temporary file is left");
}

#[test]
fn a_missing_file_is_no_reason_for_a_warning() {
    let (service, folder) = (StandIn::start(), Folder::new("quiet"));
    on_line(|level, line| assert_ne!(level, log::Level::Warn, "{line}"));
    works(&start(&service.url(), &folder.file()).unwrap());
}

#[test]
fn without_a_cache_each_start_signs_in() {
    let service = StandIn::start();
    for _ in 0..2 {
        let region = Region::custom(&service.url(), &service.url()).unwrap();
        works(&Config::builder(region).sign_in(Grant::client_credentials(CLIENT_ID, CLIENT_SECRET)).unwrap());
    }
    assert_eq!(service.token_requests(), 2);
}

#[test]
fn an_unusable_file_is_ignored_and_replaced() {
    type Change = fn(&mut Value);
    let changes: [(&str, Change, u32); 11] = [
        ("readable by others", |_| {}, 0o644),
        ("writable by the group", |_| {}, 0o620),
        ("for another client", |entry| entry["owner"]["client_id"] = json!("someone-else"), 0o600),
        ("for another grant", |entry| entry["owner"]["grant"] = json!("refresh_token"), 0o600),
        ("for another region", |entry| entry["owner"]["login"] = json!("https://login.example.com"), 0o600),
        ("expired", |entry| entry["expires_at"] = json!(1), 0o600),
        ("about to expire", |entry| entry["expires_at"] = json!(seconds_from_now(30)), 0o600),
        ("of a negative time", |entry| entry["expires_at"] = json!(-1), 0o600),
        ("of a time in words", |entry| entry["expires_at"] = json!("tomorrow"), 0o600),
        ("with a token that cannot be sent", |entry| entry["access_token"] = json!("a\r\nb"), 0o600),
        ("foreign", |entry| *entry = json!([1, 2, 3]), 0o600),
    ];
    for (what, change, mode) in changes {
        let (service, folder) = (StandIn::start(), Folder::new("useless"));
        write(&folder.file(), change, mode, &service);
        let lines = Rc::new(RefCell::new(String::new()));
        let kept = lines.clone();
        on_line(move |level, line| kept.borrow_mut().push_str(&format!("{level} {line}\n")));
        works(&start(&service.url(), &folder.file()).unwrap());
        let logged = lines.take();
        assert!(logged.contains("token cache") && logged.contains("ignored"), "{what}: nothing was logged: {logged}");
        assert_eq!(service.token_requests(), 2, "a file that is {what} must not be used");
        works(&start(&service.url(), &folder.file()).unwrap());
        assert_eq!(service.token_requests(), 2, "a file that was {what} must have been replaced");
        assert_eq!(self::mode(&folder.file()), 0o600, "{what}");
    }
}

#[test]
fn another_client_or_region_does_not_use_the_token() {
    let folder = Folder::new("owner");
    let token = |name: &str| Scripted::json(200, json!({"access_token": name, "expires_in": 3600}));
    let first = Listener::scripted([token("of-the-first"), Op::Get.good()]);
    let start = |url: &str, id: &str| {
        let settings = settings(url).attempt_timeout(RELAXED_TIMEOUT).token_cache(folder.file());
        settings.sign_in(Grant::client_credentials(id, CLIENT_SECRET)).unwrap()
    };
    Op::Get.call(&start(&first.url(), "client-1")).unwrap();
    let other = Listener::scripted([token("of-another"), Op::Get.good(), token("of-another"), Op::Get.good()]);
    for id in ["client-1", "client-2"] {
        Op::Get.call(&start(&other.url(), id)).unwrap();
    }
    let requests = other.requests();
    assert_eq!(requests.len(), 4, "one used the token of another");
    assert!(requests.iter().all(|request| request.header("authorization") != Some("Bearer of-the-first")));
}

#[test]
fn truncated_binary_and_huge_files_are_ignored() {
    let (service, folder) = (StandIn::start(), Folder::new("broken"));
    let good = || {
        works(&start(&service.url(), &folder.file()).unwrap());
        fs::read(folder.file()).unwrap()
    };
    let whole = good();
    let broken = [vec![], whole[..whole.len() / 2].to_vec(), vec![0xff; 300], vec![b' '; 10_000_000]];
    for bytes in broken {
        let before = service.token_requests();
        fs::write(folder.file(), bytes).unwrap();
        good();
        assert_eq!(service.token_requests(), before + 1);
    }
}

#[test]
fn a_path_that_cannot_be_written_is_a_warning() {
    let service = StandIn::start();
    let lines = Rc::new(RefCell::new(String::new()));
    let kept = lines.clone();
    on_line(move |level, line| kept.borrow_mut().push_str(&format!("{level} {line}\n")));
    // No process can create a folder there.
    works(&start(&service.url(), Path::new("/proc/genesys-journey/token.json")).unwrap());
    let lines = lines.take();
    assert!(lines.contains("WARN token cache /proc/genesys-journey/token.json: not written: "), "{lines}");
}

#[test]
fn a_missing_folder_is_created_for_its_owner_only() {
    let (service, folder) = (StandIn::start(), Folder::new("missing"));
    let file = folder.0.join("cache/genesys/token.json");
    for _ in 0..2 {
        works(&start(&service.url(), &file).unwrap());
    }
    assert_eq!(service.token_requests(), 1);
    assert_eq!((mode(&folder.0.join("cache")), mode(file.parent().unwrap()), mode(&file)), (0o700, 0o700, 0o600));
}

#[test]
fn any_other_grant_is_refused_before_anything_is_sent() {
    let (service, folder) = (StandIn::start(), Folder::new("grants"));
    // A token of another person, which must not be used.
    works(&start(&service.url(), &folder.file()).unwrap());
    let before = fs::read(folder.file()).unwrap();
    service.clear_requests();
    let verifier = "v".repeat(43);
    for grant in [
        Grant::authorization_code(CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, CODE),
        Grant::authorization_code_pkce(CLIENT_ID, REDIRECT_URI, CODE, verifier),
        Grant::refresh_token(CLIENT_ID, CLIENT_SECRET, FIRST_REFRESH_TOKEN),
        Grant::refresh_token_pkce(CLIENT_ID, FIRST_REFRESH_TOKEN),
        Grant::saml2_bearer(CLIENT_ID, CLIENT_SECRET, ORG_NAME, ASSERTION),
    ] {
        let error = assert_refused(builder!(service).token_cache(folder.file()).sign_in(grant));
        assert!(error.to_string().contains("client credentials"), "{error}");
    }
    assert!(service.requests().is_empty());
    assert_eq!(fs::read(folder.file()).unwrap(), before);
}

#[test]
fn settings_of_a_sign_in_are_refused_without_one() {
    let service = StandIn::start();
    let with_cache = || builder!(service).token_cache("token.json");
    let with_callback = || builder!(service).on_refresh_token(|_| {});
    for result in [with_cache().token("token"), with_cache().anonymous()] {
        assert_refused(result);
    }
    for result in [with_callback().token("token"), with_callback().anonymous()] {
        let error = result.unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Input, Some("on_refresh_token")), "{error}");
    }
}

#[test]
fn a_path_that_is_not_a_file_is_refused_and_kept() {
    let (service, folder) = (StandIn::start(), Folder::new("special"));
    let at = |name: &str| folder.0.join(name);
    fifo(&at("fifo"));
    let _socket = UnixListener::bind(at("socket")).unwrap();
    fs::create_dir(at("folder")).unwrap();
    fs::write(at("file"), "").unwrap();
    for name in ["fifo", "socket", "folder"] {
        symlink(at(name), at(&format!("link-to-{name}"))).unwrap();
    }
    symlink(at("loop"), at("loop")).unwrap();
    let refused =
        ["fifo", "socket", "folder", "link-to-fifo", "link-to-socket", "link-to-folder", "loop", "file/token.json"];
    for name in refused {
        let error = assert_refused(start(&service.url(), &at(name)));
        assert!(error.to_string().contains(name), "{error}");
    }
    for path in ["/", "", ".."] {
        assert_refused(start(&service.url(), Path::new(path)));
    }
    for name in ["missing/", "missing/.", "missing//"] {
        let error = assert_refused(start(&service.url(), &at(name)));
        assert!(error.to_string().contains("does not end in a file name"), "{error}");
    }
    assert!(service.requests().is_empty());
    let kind = |name: &str| fs::symlink_metadata(at(name)).unwrap().file_type();
    assert!(kind("fifo").is_fifo() && kind("socket").is_socket() && kind("folder").is_dir());
    assert!(kind("link-to-fifo").is_symlink());
}

#[test]
fn a_file_that_becomes_a_fifo_neither_blocks_nor_is_replaced() {
    let (service, folder) = (StandIn::start(), Folder::new("becomes"));
    let config = start(&service.url(), &folder.file()).unwrap();
    fs::remove_file(folder.file()).unwrap();
    fifo(&folder.file());
    service.faults().expire_tokens();
    works(&config);
    assert_eq!(service.token_requests(), 2);
    assert!(fs::metadata(folder.file()).unwrap().file_type().is_fifo());
}

#[test]
fn a_link_is_followed_and_kept() {
    let (service, folder) = (StandIn::start(), Folder::new("link"));
    fs::create_dir(folder.0.join("data")).unwrap();
    let target = folder.0.join("data/real.json");
    // Relative, and over two links.
    symlink("data/second", folder.file()).unwrap();
    symlink("real.json", folder.0.join("data/second")).unwrap();
    for _ in 0..2 {
        // At first the target does not exist; then it is replaced.
        for _ in 0..2 {
            works(&start(&service.url(), &folder.file()).unwrap());
        }
        service.faults().expire_tokens();
        works(&start(&service.url(), &folder.file()).unwrap());
    }
    assert_eq!(service.token_requests(), 3);
    for link in [folder.file(), folder.0.join("data/second")] {
        assert!(fs::symlink_metadata(&link).unwrap().file_type().is_symlink(), "{link:?}");
    }
    assert!(fs::symlink_metadata(&target).unwrap().file_type().is_file());
    assert_eq!(mode(&target), 0o600);
    assert!(fs::read_to_string(target).unwrap().contains("stand-in-access-3"));
}

#[test]
fn a_long_token_is_cached() {
    let folder = Folder::new("long");
    let token = Scripted::json(200, json!({"access_token": "t".repeat(14_000), "expires_in": 3600}));
    let listener = Listener::scripted([token]);
    for _ in 0..2 {
        start(&listener.url(), &folder.file()).unwrap();
    }
    assert_eq!(listener.count(), 1);
}

#[test]
fn a_token_without_a_lifetime_is_not_cached() {
    let (service, folder) = (StandIn::start(), Folder::new("lifetime"));
    service.faults().token_lifetime(json!(null));
    works(&start(&service.url(), &folder.file()).unwrap());
    assert!(!folder.file().exists());
}

#[test]
fn a_token_that_the_service_refuses_is_dropped_from_the_file() {
    let (service, folder) = (StandIn::start(), Folder::new("refused"));
    works(&start(&service.url(), &folder.file()).unwrap());
    service.faults().expire_tokens();
    works(&start(&service.url(), &folder.file()).unwrap());
    assert!(fs::read_to_string(folder.file()).unwrap().contains("stand-in-access-2"));

    let config = start(&service.url(), &folder.file()).unwrap();
    service.faults().expire_tokens();
    service.respond_next_sign_in([Response::text(400, "")]);
    segments::list(&config, &Default::default()).unwrap_err();
    assert!(!folder.file().exists(), "a refused token with no successor is not kept");
}

#[test]
fn a_token_that_another_process_has_replaced_is_kept() {
    let (service, folder) = (StandIn::start(), Folder::new("replaced"));
    let config = start(&service.url(), &folder.file()).unwrap();
    service.faults().expire_tokens();
    // Another process has signed in.
    fs::remove_file(folder.file()).unwrap();
    works(&start(&service.url(), &folder.file()).unwrap());
    let newer = fs::read(folder.file()).unwrap();
    service.respond_next_sign_in([Response::text(400, "")]);
    segments::list(&config, &Default::default()).unwrap_err();
    assert_eq!(fs::read(folder.file()).unwrap(), newer);
}

#[test]
fn many_writers_leave_a_whole_private_file() {
    let (service, folder) = (StandIn::start(), Folder::new("many"));
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let writers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..30 {
                        works(&start(&service.url(), &folder.file()).unwrap());
                        let _ = fs::remove_file(folder.file());
                    }
                })
            })
            .collect();
        // Reads the file repeatedly while the others write.
        let reader = scope.spawn(|| {
            let mut seen = 0;
            while !done.load(Ordering::Relaxed) {
                if let Ok(bytes) = fs::read(folder.file()) {
                    serde_json::from_slice::<Value>(&bytes).expect("the file is whole, whenever it is there");
                    seen += 1;
                }
                for entry in fs::read_dir(&folder.0).unwrap().flatten() {
                    let Ok(meta) = entry.metadata() else { continue };
                    assert_eq!(meta.permissions().mode() & 0o077, 0, "others can read {:?}", entry.path());
                }
            }
            seen
        });
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        done.store(true, Ordering::Relaxed);
        assert!(reader.join().unwrap() > 0, "the file was never seen");
    });
    works(&start(&service.url(), &folder.file()).unwrap());
    serde_json::from_slice::<Value>(&fs::read(folder.file()).unwrap()).unwrap();
}

/// In the child process: signs in, which writes the file, and waits to be killed.
#[test]
fn child() {
    let (Ok(url), Ok(file)) = (std::env::var("CHILD_URL"), std::env::var("CHILD_FILE")) else { return };
    let _ = start(&url, Path::new(&file));
    loop {
        thread::park();
    }
}

#[test]
fn a_writer_that_is_killed_leaves_a_whole_file_or_none() {
    let folder = Folder::new("killed");
    let mut whole = 0;
    for round in 0..60 {
        // A listener of its own for each round, so that no child of an earlier round gets a response.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        for entry in fs::read_dir(&folder.0).unwrap() {
            fs::remove_file(entry.unwrap().path()).unwrap();
        }
        let mut child = child::command(concat!(module_path!(), "::child"))
            .env("CHILD_URL", &url)
            .env("CHILD_FILE", folder.file())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        respond_with_token(&listener);
        // The child is killed at once or a little after it begins to write.
        while fs::read_dir(&folder.0).unwrap().next().is_none() {
            assert!(child.try_wait().unwrap().is_none(), "the child ended before it was killed");
        }
        for _ in 0..(round % 20) * 20_000 {
            std::hint::spin_loop();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        if let Ok(bytes) = fs::read(folder.file()) {
            serde_json::from_slice::<Value>(&bytes).unwrap_or_else(|error| panic!("round {round}: {error}"));
            whole += 1;
        }
    }
    assert!(whole > 0, "nothing was ever written");
}

fn respond_with_token(listener: &TcpListener) {
    let (mut stream, _) = listener.accept().unwrap();
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !request.ends_with(b"grant_type=client_credentials") {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(n) => request.extend_from_slice(&buffer[..n]),
        }
    }
    let body = format!(r#"{{"access_token":"{}","expires_in":86400}}"#, "t".repeat(3000));
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    let _ = stream.write_all((head + &body).as_bytes());
}
