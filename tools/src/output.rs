//! The results: standard output, or a file that is written whole or not at all.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::exit::Failure;
use crate::interrupt;

/// The form of the results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text for a person
    Table,
    /// Comma-separated values with a header
    Csv,
    /// An array of objects
    Json,
}

#[derive(clap::Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// The form of the results
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
    #[command(flatten)]
    pub file: FileArg,
}

#[derive(clap::Args)]
#[command(next_help_heading = "Output")]
pub struct FileArg {
    /// Write the results to this file, whole or not at all, and print nothing
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// A writer of results. A file has its old content until [`Output::commit`].
///
/// Its errors name the file. A reader that has gone away (`| head`) is no error.
pub struct Output {
    writer: BufWriter<Target>,
    file: Option<Replacement>,
}

struct Target {
    file: Option<File>,
    name: String,
    is_closed: bool,
}

/// A temporary file beside the file that it replaces. It is removed when it is dropped.
struct Replacement {
    temporary: PathBuf,
    path: PathBuf,
}

impl Output {
    /// Opens a file, or standard output. Fails at once if the file could not be written later.
    pub fn open(path: Option<&Path>) -> Result<Output, Failure> {
        let Some(path) = path else { return Ok(Output::new(None, None, "standard output".to_owned())) };
        open_file(path, false).map_err(|error| Failure::file(path, error))
    }

    /// Opens a file that only its owner may read.
    pub fn open_private(path: &Path) -> Result<Output, Failure> {
        open_file(path, true).map_err(|error| Failure::file(path, error))
    }

    fn new(file: Option<File>, replacement: Option<Replacement>, name: String) -> Output {
        Output { writer: BufWriter::new(Target { file, name, is_closed: false }), file: replacement }
    }

    /// Returns whether the reader has gone away.
    pub fn is_closed(&self) -> bool {
        self.writer.get_ref().is_closed
    }

    /// Writes everything out, and replaces the file.
    pub fn commit(mut self) -> io::Result<()> {
        self.writer.flush()?;
        let (Some(Replacement { temporary, path }), Target { file: Some(file), name, .. }) =
            (&self.file, self.writer.get_ref())
        else {
            return Ok(());
        };
        file.sync_all().and_then(|()| fs::rename(temporary, path)).map_err(|error| named(name, &error))
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl Target {
    fn checked<T>(&mut self, result: io::Result<T>, if_closed: T) -> io::Result<T> {
        match result {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.is_closed = true;
                Ok(if_closed)
            }
            // Not an error of this file.
            Err(error) if error.kind() == ErrorKind::Interrupted => Err(error),
            result => result.map_err(|error| named(&self.name, &error)),
        }
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_closed {
            return Ok(bytes.len());
        }
        let written = match &mut self.file {
            Some(file) => file.write(bytes),
            None => io::stdout().write(bytes),
        };
        self.checked(written, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.is_closed {
            return Ok(());
        }
        let flushed = self.file.as_mut().map_or_else(|| io::stdout().flush(), File::flush);
        self.checked(flushed, ())
    }
}

fn named(name: &str, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{name}: {error}"))
}

fn open_file(path: &Path, is_private: bool) -> io::Result<Output> {
    let name = path.display().to_string();
    let path = &followed(path);
    let existing = match fs::metadata(path) {
        Ok(existing) => Some(existing),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    if let Some(existing) = &existing {
        // Fails if the file is a folder or may not be written; a device or a FIFO is not replaced.
        let file = File::options().write(true).open(path)?;
        if !existing.is_file() {
            return Ok(Output::new(Some(file), None, name));
        }
    }
    let replacement = Replacement { temporary: temporary(path)?, path: path.clone() };
    interrupt::remove_on_signal(&replacement.temporary);
    let mut options = File::options();
    #[cfg(unix)]
    if is_private {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    let file = options.write(true).create_new(true).open(&replacement.temporary)?;
    if let (Some(existing), false) = (existing, is_private) {
        file.set_permissions(existing.permissions())?;
    }
    Ok(Output::new(Some(file), Some(replacement), name))
}

/// Returns the file that a symbolic link points to, so that the link is kept.
fn followed(path: &Path) -> PathBuf {
    match fs::read_link(path) {
        Ok(target) => fs::canonicalize(path).unwrap_or_else(|_| path.with_file_name(target)),
        Err(_) => path.to_owned(),
    }
}

/// Returns a new name beside this file.
fn temporary(path: &Path) -> io::Result<PathBuf> {
    let file_name = path.file_name().ok_or_else(|| io::Error::new(ErrorKind::IsADirectory, "is not a file name"))?;
    let random = getrandom::u64().map_err(io::Error::other)?;
    let mut name = OsString::from(".");
    name.push(file_name);
    name.push(format!(".{random:016x}.tmp"));
    Ok(path.with_file_name(name))
}

impl Drop for Replacement {
    fn drop(&mut self) {
        // After the rename it is no longer there.
        _ = fs::remove_file(&self.temporary);
        interrupt::keep_on_signal(&self.temporary);
    }
}
